//! `cargo xtask dist`: what operators install. One static binary, as a tarball, a Debian package with a hardened
//! systemd unit, and a folder to build a container from; with their checksums.

use crate::run;
use anyhow::{Context, Result, bail};
use clap::Args;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

#[derive(Args)]
pub struct Options {
    /// Where the results go.
    #[arg(long, default_value = "dist")]
    out: PathBuf,
    /// Target to build for; static glibc by default, since it needs no further toolchain.
    #[arg(long)]
    target: Option<String>,
}

const UNITS: [&str; 3] = ["landbridge.service", "landbridge-backup.service", "landbridge-backup.timer"];
const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn run(options: &Options) -> Result<()> {
    let target =
        options.target.clone().unwrap_or_else(|| format!("{}-unknown-linux-gnu", std::env::consts::ARCH));
    let binary = build(&target)?;
    check_static(&binary)?;
    let out = run::root().join(&options.out);
    fs::create_dir_all(&out)?;
    let arch = target.split('-').next().unwrap_or_default();
    let results = [tarball(&binary, &out, arch)?, debian_package(&binary, &out, arch)?];
    container(&binary, &out)?;
    checksums(&out, &results)?;
    for file in &results {
        println!("{:>6} KiB  {}", fs::metadata(file)?.len() >> 10, file.display());
    }
    println!("            {}", out.join("container").display());
    Ok(())
}

fn build(target: &str) -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(run::root()).args([
        "build",
        "--profile",
        "dist",
        "--locked",
        "-p",
        "landbridge",
        "--target",
        target,
    ]);
    // Naming the target keeps this away from build scripts and macros, which cannot be static.
    cargo.env("RUSTFLAGS", "-C target-feature=+crt-static");
    run::loudly(&mut cargo)?;
    let folder =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), PathBuf::from);
    Ok(folder.join(target).join("dist/landbridge"))
}

/// A binary that asks for no shared library runs on any distribution.
fn check_static(binary: &Path) -> Result<()> {
    let ldd = Command::new("ldd").arg(binary).output().context("cannot start ldd")?;
    let told = [ldd.stdout, ldd.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    if !told.contains("statically linked") && !told.contains("not a dynamic executable") {
        bail!("{} is not static: {told}", binary.display());
    }
    Ok(())
}

fn tarball(binary: &Path, out: &Path, arch: &str) -> Result<PathBuf> {
    let name = format!("landbridge-{VERSION}-linux-{arch}");
    let folder = fresh(&out.join(&name))?;
    put(binary, &folder.join("landbridge"), 0o755)?;
    let units = UNITS.iter().map(|unit| format!("packaging/{unit}"));
    let others =
        ["README.md", "LICENSE", "docs/operating.md", "packaging/landbridge.toml"].map(str::to_owned);
    for file in others.into_iter().chain(units) {
        let from = run::root().join(file);
        put(&from, &folder.join(from.file_name().context("a file name")?), 0o644)?;
    }
    let file = out.join(format!("{name}.tar.gz"));
    let mut tar = Command::new("tar");
    tar.args(["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf"]).arg(&file);
    run::quietly("tarball", tar.arg("-C").arg(out).arg(&name))?;
    fs::remove_dir_all(&folder)?;
    Ok(file)
}

fn debian_package(binary: &Path, out: &Path, arch: &str) -> Result<PathBuf> {
    let arch = match arch {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let packaging = run::root().join("packaging");
    let tree = fresh(&out.join("debian-tree"))?;
    put(binary, &tree.join("usr/bin/landbridge"), 0o755)?;
    for unit in UNITS {
        put(&packaging.join(unit), &tree.join("usr/lib/systemd/system").join(unit), 0o644)?;
    }
    // Not a conffile: `landbridge golive` writes it anew, and an upgrade must not ask about that.
    put(&packaging.join("landbridge.toml"), &tree.join("usr/share/landbridge/landbridge.toml"), 0o644)?;
    put(&run::root().join("docs/operating.md"), &tree.join("usr/share/doc/landbridge/operating.md"), 0o644)?;
    put(&run::root().join("README.md"), &tree.join("usr/share/doc/landbridge/README.md"), 0o644)?;
    put(&run::root().join("LICENSE"), &tree.join("usr/share/doc/landbridge/copyright"), 0o644)?;
    for script in ["postinst", "prerm", "postrm"] {
        put(&packaging.join("debian").join(script), &tree.join("DEBIAN").join(script), 0o755)?;
    }
    let control = fs::read_to_string(packaging.join("debian/control"))?
        .replace("@VERSION@", VERSION)
        .replace("@ARCH@", arch)
        .replace("@SIZE@", &(fs::metadata(binary)?.len() >> 10).to_string());
    fs::write(tree.join("DEBIAN/control"), control)?;
    let file = out.join(format!("landbridge_{VERSION}_{arch}.deb"));
    let mut deb = Command::new("dpkg-deb");
    run::quietly("Debian package", deb.args(["--root-owner-group", "--build"]).arg(&tree).arg(&file))?;
    fs::remove_dir_all(&tree)?;
    Ok(file)
}

/// What `docker build` or `podman build` needs, in one folder.
fn container(binary: &Path, out: &Path) -> Result<()> {
    let folder = fresh(&out.join("container"))?;
    put(binary, &folder.join("landbridge"), 0o755)?;
    fs::write(folder.join("ca-certificates.crt"), authorities()?)?;
    put(&run::root().join("packaging/Containerfile"), &folder.join("Containerfile"), 0o644)
}

/// The public authorities as Debian has them from Mozilla, without those that this machine trusts besides.
fn authorities() -> Result<Vec<u8>> {
    let folder = Path::new("/usr/share/ca-certificates/mozilla");
    let entries = fs::read_dir(folder).context("install ca-certificates: the container needs its files")?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(fs::read(&file).with_context(|| file.display().to_string())?);
        all.push(b'\n');
    }
    Ok(all)
}

fn checksums(out: &Path, files: &[PathBuf]) -> Result<()> {
    let names = files.iter().filter_map(|file| file.file_name());
    let sums =
        Command::new("sha256sum").current_dir(out).args(names).output().context("cannot start sha256sum")?;
    Ok(fs::write(out.join("SHA256SUMS"), sums.stdout)?)
}

fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    Ok(folder.to_owned())
}

fn put(from: &Path, to: &Path, mode: u32) -> Result<()> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(fs::set_permissions(to, fs::Permissions::from_mode(mode))?)
}
