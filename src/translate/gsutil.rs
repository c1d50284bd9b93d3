//! Commands of gsutil: `mb` makes buckets, `iam ch` grants, `versioning set` and `ubla set` change them. Pure.

use serde_json::json;

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{Arguments, Does, Flag, Tables, flag};
use super::{access, storage};
use crate::spec::Problem;

const MAKE: Tables = &[FLAGS];
const FLAGS: &[Flag] = &[
    flag("l", Does::Text("location")),
    flag("c", Does::Upper("storageClass")),
    flag("s", Does::Upper("storageClass")),
    flag("b", Does::Special(|draft, raw, _| draft.put("uniformAccess", json!(raw == "on")))),
    flag("p", Does::Special(|_, raw, desk| desk.names_project(raw))),
    flag("pap", Does::Text("publicAccessPrevention")),
    flag("retention", Does::Text("retentionPeriod")),
    flag("placement", Does::List("dataLocations")),
    flag("k", Does::Text("defaultKmsKeyName")),
    flag("m", Does::NothingSwitch),
    flag("q", Does::NothingSwitch),
    flag("d", Does::NothingSwitch),
];

/// Translates a command.
pub(super) fn command(words: &[String], desk: &mut Desk<'_>) -> Vec<Draft> {
    let switches = words.iter().take_while(|word| word.starts_with('-')).count();
    let words = words.get(switches..).unwrap_or_default();
    let text: Vec<&str> = words.iter().map(String::as_str).collect();
    match text.as_slice() {
        ["mb", ..] => make(words.get(1..).unwrap_or_default(), desk),
        ["iam", "ch", ..] => grants(words.get(2..).unwrap_or_default(), desk),
        ["versioning", "set", on, buckets @ ..] => set("versioning", *on == "on", buckets, desk),
        ["ubla" | "uniformbucketlevelaccess", "set", on, buckets @ ..] => {
            set("uniformAccess", *on == "on", buckets, desk)
        }
        _ => {
            let name = text.first().copied().unwrap_or_default();
            let problem = Problem::new("not-a-resource", format!("`gsutil {name}` makes no resource"))
                .label("it is left out");
            let copies = matches!(name, "cp" | "rsync" | "mv");
            let help = "`files:` of a Bucket uploads files of the course folder";
            desk.warn("", if copies { problem.help(help) } else { problem });
            Vec::new()
        }
    }
}

fn make(words: &[String], desk: &mut Desk<'_>) -> Vec<Draft> {
    let arguments = Arguments::read(words, MAKE);
    arguments.names.iter().map(|url| storage::bucket(url, &arguments, MAKE, desk)).collect()
}

fn set(field: &str, on: bool, buckets: &[&str], desk: &mut Desk<'_>) -> Vec<Draft> {
    let none = Arguments::default();
    let bucket = |url: &&str| {
        let mut draft = storage::bucket(url, &none, MAKE, desk);
        draft.put(field, json!(on));
        draft
    };
    buckets.iter().map(bucket).collect()
}

/// `MEMBER:ROLE[,ROLE] … gs://BUCKET …`: roles are named without `roles/storage.`, and `allUsers` has no type before it.
fn grants(words: &[String], desk: &mut Desk<'_>) -> Vec<Draft> {
    if words.iter().any(|word| word == "-d") {
        let problem =
            Problem::new("not-a-resource", "`gsutil iam ch -d` takes access away").label("it is left out");
        desk.warn("-d", problem.help("what no spec grants, Provost does not grant"));
        return Vec::new();
    }
    let words = words.iter().filter(|word| !word.starts_with('-'));
    let (buckets, given): (Vec<&String>, Vec<&String>) = words.partition(|word| word.starts_with("gs://"));
    let pairs = buckets.iter().flat_map(|bucket| given.iter().map(move |given| (bucket, given)));
    let grant = |(bucket, given): (&&String, &&String)| {
        let name = bucket.trim_start_matches("gs://").trim_end_matches('/');
        let (member, roles) = given.rsplit_once(':')?;
        let full =
            |role: &str| if role.contains('/') { role.to_owned() } else { format!("roles/storage.{role}") };
        let roles: Vec<String> = roles.split(',').map(full).collect();
        let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
        let on = json!({ "bucket": desk.value(name, "bucket") });
        Some(access::grant(&on, name, member, &roles, desk))
    };
    pairs.filter_map(grant).collect()
}
