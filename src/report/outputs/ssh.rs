//! The line that leads to a machine.
//! Pure.

use std::fmt::Write as _;

use crate::spec::reference;

/// `gcloud compute ssh USER@VM --project P --zone Z -- -L 8080:localhost:8080`. Without a user, gcloud takes the name of whoever
/// types it. `resource` is the machine's REST path.
pub fn line(resource: &str, name: &str, user: Option<&str>, tunnels: &[u16]) -> String {
    let part = |of: &str| {
        let mut parts = resource.split('/');
        let part = parts.find(|part| *part == of).and_then(|_| parts.next());
        // A machine that is yet to be made has no zone.
        part.filter(|part| !reference::is_in(part)).unwrap_or_default()
    };
    let user = user.filter(|user| is_linux_user(user)).map(|user| format!("{user}@")).unwrap_or_default();
    let mut line = format!("gcloud compute ssh {user}{name}");
    for (flag, of) in [("project", "projects"), ("zone", "zones")] {
        if !part(of).is_empty() {
            let _ = write!(line, " --{flag} {}", part(of));
        }
    }
    if !tunnels.is_empty() {
        line.push_str(" --");
    }
    for port in tunnels {
        let _ = write!(line, " -L {port}:localhost:{port}");
    }
    line
}

/// Whether Linux makes a user of that name; a login such as an e-mail address is none, and neither is anything that a shell
/// would read as more than a word.
fn is_linux_user(login: &str) -> bool {
    let begins = login.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    begins && login.len() <= 32 && login.chars().all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: &str = "projects/be-2526/zones/europe-west1-b/instances/vm";

    #[test]
    fn the_line_names_user_project_zone_and_tunnels() {
        assert_eq!(
            line(VM, "vm", Some("ada"), &[8080, 8081]),
            "gcloud compute ssh ada@vm --project be-2526 --zone europe-west1-b -- -L 8080:localhost:8080 -L 8081:localhost:8081"
        );
        assert_eq!(
            line(VM, "vm", None, &[]),
            "gcloud compute ssh vm --project be-2526 --zone europe-west1-b"
        );
    }

    #[test]
    fn a_login_that_is_no_user_of_linux_is_left_out() {
        for login in ["Ada", "a.b", "ada@x.edu", "1ada", "", "a; rm -rf ~", "$(id)", "-oProxyCommand=x"] {
            assert!(line(VM, "vm", Some(login), &[]).starts_with("gcloud compute ssh vm "), "{login}");
        }
    }
}
