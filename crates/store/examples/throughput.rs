//! How fast the store is: `cargo run --release -p landbridge-store --example throughput [DATABASE_URL]`.
//!
//! Writes of two small rows each, every one answered after it is durable, by more and more callers at once; then reads of
//! one row. Without an address: SQLite in a temporary folder (on whatever disk that is).

use landbridge_store::{Change, Migration, Store, args, query};
use std::{
    error::Error,
    time::{Duration, Instant},
};

const SCHEMA: &[Migration] = &[Migration {
    version: 1,
    name: "throughput",
    text: "
CREATE TABLE throughput (
    id BIGINT NOT NULL,
    half BIGINT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (id, half)
) CLUSTERED;
",
}];
const RUN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let here = || format!("sqlite:{}", folder.path().join("throughput.db").display());
    let store = Store::open_with(&std::env::args().nth(1).unwrap_or_else(here), SCHEMA).await?;
    println!(
        "{:?}\n{:>8} {:>12} {:>12} {:>12}",
        store.engine(),
        "callers",
        "writes/s",
        "median us",
        "99 % us"
    );
    let mut written = 0;
    for callers in [1, 4, 16, 64, 256] {
        let store = store.clone();
        written = measure(callers, written, move |id| {
            let store = store.clone();
            async move {
                let insert = "INSERT INTO throughput (id, half, body) VALUES (?1, ?2, ?3)";
                let half =
                    |half: i64| Change::new(insert, args![id, half, "a body of ordinary length for a row"]);
                store.write(vec![half(0), half(1).or_fail("half")]).await.map(drop).map_err(|e| e.to_string())
            }
        })
        .await?;
    }
    println!("{:>8} {:>12}", "callers", "reads/s");
    let mut read = 0;
    for callers in [1, 4, 16, 64] {
        let store = store.clone();
        read = measure(callers, read, move |number| {
            let store = store.clone();
            async move {
                let id = (number * 7919) % written.max(1);
                let row = query("SELECT body FROM throughput WHERE id = ?1 AND half = 0", args![id]);
                store.row(row).await.map(drop).map_err(|e| e.to_string())
            }
        })
        .await?;
    }
    store.close().await;
    Ok(())
}

/// Lets `callers` run one after the other call each, for a while. Returns the first number not used.
async fn measure<F>(
    callers: i64,
    first: i64,
    call: impl Fn(i64) -> F + Clone + Send + 'static,
) -> Result<i64, String>
where
    F: Future<Output = Result<(), String>> + Send,
{
    let begun = Instant::now();
    let tasks = (0..callers).map(|caller| {
        let call = call.clone();
        tokio::spawn(async move {
            let (mut number, mut times) = (first + caller, Vec::new());
            while begun.elapsed() < RUN {
                let asked = Instant::now();
                call(number).await?;
                times.push(asked.elapsed());
                number += callers;
            }
            Ok::<_, String>((number, times))
        })
    });
    let (mut next, mut times) = (first, Vec::new());
    for task in tasks.collect::<Vec<_>>() {
        let (number, took) = task.await.map_err(|error| error.to_string())??;
        next = next.max(number);
        times.extend(took);
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    times.sort();
    let at = |share: usize| times.get(times.len() * share / 100).map_or(0, Duration::as_micros);
    println!("{callers:>8} {rate:>12.0} {:>12} {:>12}", at(50), at(99));
    Ok(next)
}
