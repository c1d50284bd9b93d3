//! What a machine's console says of its startup script. The first serial port keeps what the guest agent writes there, also of
//! earlier boots: only the last one counts.
//! Pure.

use super::standing::Standing;

/// How the startup script stands by the console of its machine.
pub fn script(console: &str) -> Standing {
    let lines: Vec<&str> = console.lines().map(str::trim_end).collect();
    let boot = lines.iter().rposition(|line| begins_boot(line)).unwrap_or_default();
    // What the script itself prints stands behind its name, and proves nothing.
    let said = || lines.iter().skip(boot).filter(|line| !line.contains("startup-script: "));
    if let Some(status) = said().filter_map(|line| exit_status(line)).find(|status| *status != "0") {
        return Standing::Failed(format!("the startup script ended with exit status {status}"));
    }
    let says = |text: &str| said().any(|line| line.contains(text));
    match () {
        () if says("Finished running startup scripts") => Standing::Ready,
        () if says("Found startup-script") => Standing::Waiting("the startup script runs".to_owned()),
        () if says("No startup scripts to run") => {
            Standing::Failed("the machine has no startup script".to_owned())
        }
        () => Standing::Waiting("it boots".to_owned()),
    }
}

/// Firmware and kernel write these before anything else.
fn begins_boot(line: &str) -> bool {
    let kernel = line.starts_with('[') && line.contains("] Linux version ");
    kernel || line.starts_with("SeaBIOS") || line.starts_with("UEFI: Attempting to start")
}

/// `startup-script exit status 1`, `Script "startup-script" failed with error: exit status 1`.
fn exit_status(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("exit status ")?;
    before.contains("startup-script").then(|| after.split_whitespace().next())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNNER: &str = "vm google_metadata_script_runner[812]:";

    #[test]
    fn the_end_of_the_script_is_told_by_the_console() {
        let cases = [
            ("", "waiting: it boots"),
            ("SeaBIOS (version 1.8.2-google)\r\n", "waiting: it boots"),
            ("R Found startup-script in metadata.\r\n", "waiting: the startup script runs"),
            ("R startup-script: Finished running startup scripts.", "waiting: it boots"),
            ("R startup-script exit status 0\nR Finished running startup scripts.", "ready"),
            (
                "R Script \"startup-script\" failed with error: exit status 100\nR Finished running startup scripts.",
                "failed: the startup script ended with exit status 100",
            ),
            ("R startup-script exit status 1\r\n", "failed: the startup script ended with exit status 1"),
            ("R No startup scripts to run.", "failed: the machine has no startup script"),
        ];
        for (console, says) in cases {
            assert_eq!(script(&console.replace('R', RUNNER)).text(), says, "{console}");
        }
    }

    #[test]
    fn only_the_last_boot_counts() {
        let first = format!("{RUNNER} Finished running startup scripts.\r\n");
        for again in ["SeaBIOS (version 1.8.2-google)", "[    0.000000] Linux version 6.1.0-26-cloud-amd64"] {
            assert_eq!(script(&format!("{first}{again}\r\n")).text(), "waiting: it boots");
        }
        let printed = format!("{first}{RUNNER} startup-script: [x] Linux version 6.1\r\n");
        assert_eq!(script(&printed), Standing::Ready);
    }
}
