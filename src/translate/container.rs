//! `create-with-container`: a machine whose container an agent started from its metadata. The agent is gone; a machine with
//! containers of its own takes its place. Pure.

use serde_json::json;

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{self, Does, Flag, flag};
use super::image;
use crate::kinds::dead::{self, Sort};
use crate::spec::Problem;

/// Where the one container is written until the draft is finished.
const PART: &str = "container";

/// The flags of containers.
pub(super) const FLAGS: &[Flag] = &[
    flag(
        "container-image",
        Does::Special(|draft, raw, desk| {
            let image = image::of_container(raw, desk);
            draft.put("container.image", json!(image));
        }),
    ),
    flag(
        "container-restart-policy",
        Does::Special(|draft, raw, desk| {
            let policy = desk.value(raw, "restart").to_lowercase();
            draft.put("container.restart", json!(policy));
        }),
    ),
    flag("container-env", Does::Map("container.env")),
    flag(
        "container-command",
        Does::Special(|draft, raw, desk| {
            let word = desk.value(raw, "command");
            draft.put("container.command", json!([word]));
        }),
    ),
    flag("container-arg", Does::Special(argument)),
    flag("container-privileged", Does::Switch("container.privileged", true)),
    flag("container-mount-host-path", Does::Special(mount)),
    flag("container-stdin", Does::NothingSwitch),
    flag("container-tty", Does::NothingSwitch),
    flag("container-env-file", Does::Unlike("write its lines under `env:` of the container")),
    flag("container-mount-tmpfs", Does::Unlike("a folder of the machine does: `volumes: [/tmp/x:/x]`")),
    flag("container-mount-disk", Does::Unlike("a folder of the boot disk does: `volumes: [/var/lib/x:/x]`")),
];

/// Arguments are in order, and one may stand there twice.
fn argument(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let mut all = draft.get("container.args").and_then(|list| list.as_array().cloned()).unwrap_or_default();
    all.push(json!(desk.value(raw, "args")));
    draft.put("container.args", serde_json::Value::Null);
    draft.put("container.args", json!(all));
}

/// `host-path=/a,mount-path=/b,mode=ro`.
fn mount(draft: &mut Draft, raw: &str, desk: &mut Desk<'_>) {
    let part = |name: &str| flags::pairs(raw).find(|(key, _)| *key == name).map(|(_, value)| value);
    let (host, inside) = (part("host-path").unwrap_or_default(), part("mount-path").unwrap_or_default());
    let mode = part("mode").filter(|mode| *mode == "ro").map_or("", |_| ":ro");
    let volume = desk.value(&format!("{host}:{inside}{mode}"), "volumes");
    draft.put("container.volumes", json!([volume]));
}

/// Puts the container in its list, and says what became of the agent.
pub(super) fn finish(draft: &mut Draft, desk: &mut Desk<'_>) {
    if let Some(container) = draft.take(PART) {
        draft.put("containers", json!([container]));
    }
    if let Some(dead) = dead::find(Sort::MetadataKey, "", "gce-container-declaration") {
        let problem = Problem::new(
            "replaced",
            "`create-with-container` is replaced by a machine that starts its containers itself",
        );
        desk.warn("create-with-container", problem.label(dead.why));
    }
    // The newest Container-Optimized OS is the kind's own default, and its containers run on nothing else.
    let image =
        draft.take("image").filter(|image| image.get("project").is_none_or(|project| project != "cos-cloud"));
    if image.is_some() {
        let problem =
            Problem::new("replaced", "containers run on Container-Optimized OS, whatever image is named");
        desk.warn("image", problem.label("it is left out"));
    }
}
