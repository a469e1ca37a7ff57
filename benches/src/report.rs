//! A table for people, JSON for machines.

use serde_json::{Map, Value, json};

/// What a workload measured, in order.
pub struct Report {
    workload: &'static str,
    target: String,
    lines: Vec<(String, String, Value)>,
}

impl Report {
    pub fn new(workload: &'static str, target: &str) -> Report {
        Report { workload, target: target.to_owned(), lines: Vec::new() }
    }

    /// A figure with its unit.
    pub fn figure(&mut self, what: impl Into<String>, value: f64, unit: &str) {
        let shown = match value {
            v if v >= 100.0 => format!("{v:.0} {unit}"),
            v => format!("{v:.2} {unit}"),
        };
        self.lines.push((what.into(), shown, json!(value)));
    }

    /// A setting that the figures depend on.
    pub fn setting(&mut self, what: &str, value: impl Into<String>) {
        let value = value.into();
        self.lines.push((what.to_owned(), value.clone(), json!(value)));
    }

    pub fn print(&self, as_json: bool) {
        if as_json {
            let figures: Map<String, Value> =
                self.lines.iter().map(|(k, _, v)| (k.clone(), v.clone())).collect();
            println!("{}", json!({ "workload": self.workload, "target": self.target, "figures": figures }));
            return;
        }
        println!("| {} | {} |\n|---|---|", self.workload, self.target);
        for (what, shown, _) in &self.lines {
            println!("| {what} | {shown} |");
        }
    }
}
