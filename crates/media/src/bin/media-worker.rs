//! The worker as a program of its own, for the tests of this crate; the server has it as a hidden subcommand.

fn main() -> std::process::ExitCode {
    landbridge_media::worker_main()
}
