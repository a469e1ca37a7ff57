//! The schema: every migration, in order. Add a file `migrations/NNNN_name.sql` and its line here; never change one
//! that was released.

use crate::Migration;

macro_rules! migrations {
    ($($version:literal $name:literal),* $(,)?) => {
        &[$(Migration {
            version: $version,
            name: $name,
            text: include_str!(concat!("../migrations/", $name, ".sql")),
        }),*]
    };
}

pub const MIGRATIONS: &[Migration] = migrations![1 "0001_core", 2 "0002_nostr", 3 "0003_awaited", 4 "0004_nostr_turns", 5 "0005_files_and_uses", 6 "0006_atproto", 7 "0007_atproto_access", 8 "0008_atproto_reader", 9 "0009_cards", 10 "0010_gated", 11 "0011_labels", 12 "0012_atproto_arrivals", 13 "0013_atproto_proofs", 14 "0014_messages", 15 "0015_contacts", 16 "0016_takedowns_and_invites", 17 "0017_push", 18 "0018_budgets", 19 "0019_lists", 20 "0020_decisions", 21 "0021_atproto_chat", 22 "0022_nostr_put_off", 23 "0023_label_choices", 24 "0024_atproto_records", 25 "0025_names_in_any_case"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_in_order() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".sql"))
            .collect();
        files.sort();
        let listed: Vec<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.name)).collect();
        assert_eq!(files, listed);
        for (place, migration) in (1_i64..).zip(MIGRATIONS) {
            assert_eq!(migration.version, place);
            assert!(migration.name.starts_with(&format!("{place:04}_")), "{}", migration.name);
        }
    }
}
