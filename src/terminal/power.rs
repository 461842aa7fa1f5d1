//! Whether the machine runs from its battery: then nothing is computed that nobody asked for.

use std::fs;
use std::path::Path;

/// Where Linux tells; elsewhere nothing is known, and the answer is no.
const SUPPLIES: &str = "/sys/class/power_supply";

/// Whether a battery is being used up.
pub(super) fn on_battery() -> bool {
    discharging(Path::new(SUPPLIES))
}

fn discharging(supplies: &Path) -> bool {
    let said = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let Ok(entries) = fs::read_dir(supplies) else { return false };
    // A mouse has a battery, too: its scope is a device.
    entries.flatten().map(|entry| entry.path()).any(|folder| {
        said(&folder, "type").trim() == "Battery"
            && said(&folder, "status").trim() == "Discharging"
            && said(&folder, "scope").trim() != "Device"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_machines_own_battery_counts_and_only_when_it_is_used_up() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(!discharging(&folder.path().join("none")));
        let supply = |name: &str, kind: &str, status: &str, scope: Option<&str>| {
            let path = folder.path().join(name);
            fs::create_dir_all(&path).expect("a folder");
            fs::write(path.join("type"), kind).expect("written");
            fs::write(path.join("status"), status).expect("written");
            if let Some(scope) = scope {
                fs::write(path.join("scope"), scope).expect("written");
            }
        };
        supply("AC", "Mains\n", "", None);
        supply("mouse", "Battery\n", "Discharging\n", Some("Device\n"));
        supply("BAT0", "Battery\n", "Charging\n", None);
        assert!(!discharging(folder.path()));
        supply("BAT0", "Battery\n", "Discharging\n", None);
        assert!(discharging(folder.path()));
    }
}
