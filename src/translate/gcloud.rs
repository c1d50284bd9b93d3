//! Commands of gcloud, gsutil and docker: which make a resource, which say nothing to a spec, which are gone. Tables.
//! Pure.

use super::desk::Desk;
use super::draft::Draft;
use super::flags::{Arguments, Does, Flag, Tables, flag};
use super::{access, gsutil, machines, network, service, storage};
use crate::kinds::dead::{self, Sort};
use crate::spec::Problem;
use crate::spec::suggest;

/// A command that makes something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Command {
    /// Its words.
    path: &'static str,
    /// The flags it knows.
    tables: Tables,
    make: fn(&Arguments, Tables, &mut Desk<'_>) -> Vec<Draft>,
}

/// Flags of every command of gcloud.
const GLOBAL: &[Flag] = &[
    flag("project", Does::Special(|_, raw, desk| desk.names_project(raw))),
    flag("account", Does::Nothing),
    flag("billing-project", Does::Nothing),
    flag("configuration", Does::Nothing),
    flag("flatten", Does::Nothing),
    flag("format", Does::Nothing),
    flag("filter", Does::Nothing),
    flag("impersonate-service-account", Does::Nothing),
    flag("verbosity", Does::Nothing),
    flag("trace-token", Does::Nothing),
    flag("access-token-file", Does::Nothing),
    flag("quiet", Does::NothingSwitch),
    flag("q", Does::NothingSwitch),
    flag("async", Does::NothingSwitch),
    flag("no-async", Does::NothingSwitch),
    flag("log-http", Does::NothingSwitch),
    flag("user-output-enabled", Does::NothingSwitch),
    flag("no-user-output-enabled", Does::NothingSwitch),
];

/// Every command that makes a resource, or says more of one.
const COMMANDS: &[Command] = &[
    Command {
        path: "compute instances create",
        tables: &[machines::COMMON, machines::FLAGS, GLOBAL],
        make: machines::create,
    },
    Command {
        path: "compute instances create-with-container",
        tables: &[machines::COMMON, machines::CONTAINER, GLOBAL],
        make: machines::create_with_container,
    },
    Command { path: "compute instances add-tags", tables: &[machines::LABELS, GLOBAL], make: machines::more },
    Command {
        path: "compute instances add-labels",
        tables: &[machines::LABELS, GLOBAL],
        make: machines::more,
    },
    Command {
        path: "compute instances add-iam-policy-binding",
        tables: &[access::FLAGS, GLOBAL],
        make: access::on_vm,
    },
    Command {
        path: "compute firewall-rules create",
        tables: &[network::FLAGS, GLOBAL],
        make: network::create,
    },
    Command { path: "compute ssh", tables: &[machines::SSH, GLOBAL], make: machines::ssh },
    Command { path: "services enable", tables: &[GLOBAL], make: access::enable },
    Command {
        path: "projects add-iam-policy-binding",
        tables: &[access::FLAGS, GLOBAL],
        make: access::on_project,
    },
    Command {
        path: "iam service-accounts create",
        tables: &[access::ACCOUNT, GLOBAL],
        make: access::account,
    },
    Command {
        path: "iam service-accounts add-iam-policy-binding",
        tables: &[access::FLAGS, GLOBAL],
        make: access::on_account,
    },
    Command { path: "storage buckets create", tables: &[storage::FLAGS, GLOBAL], make: storage::create },
    Command { path: "storage buckets update", tables: &[storage::FLAGS, GLOBAL], make: storage::create },
    Command {
        path: "storage buckets add-iam-policy-binding",
        tables: &[access::FLAGS, GLOBAL],
        make: access::on_bucket,
    },
    Command {
        path: "artifacts repositories create",
        tables: &[storage::REGISTRY, GLOBAL],
        make: storage::registry,
    },
    Command {
        path: "artifacts repositories add-iam-policy-binding",
        tables: &[access::FLAGS, GLOBAL],
        make: access::on_registry,
    },
    Command { path: "run deploy", tables: &[service::FLAGS, GLOBAL], make: service::deploy },
    Command { path: "config set", tables: &[GLOBAL], make: configure },
];

/// Commands that make nothing that lasts, by how they begin, and what there is to say of them.
const NOT_RESOURCES: &[(&str, &str)] = &[
    ("compute instances list", "`provost status` shows the machines of the course"),
    ("compute instances describe", "`provost status` shows the machines of the course"),
    ("compute instances delete", "`provost destroy` deletes what the course owns"),
    ("compute instances start", "`desiredStatus: RUNNING` says that a machine runs"),
    ("compute instances stop", "`desiredStatus: TERMINATED` says that a machine is stopped"),
    ("compute scp", ""),
    ("compute config-ssh", ""),
    ("compute zones list", ""),
    ("compute images list", ""),
    ("compute machine-types list", ""),
    ("run services list", "`provost status` shows the services of the course"),
    ("run services describe", "`provost status` shows the services of the course"),
    ("run services delete", "`provost destroy` deletes what the course owns"),
    ("run services logs", ""),
    ("run regions list", ""),
    (
        "builds submit",
        "build and push before `provost apply`; a container whose image is not there yet is tried again",
    ),
    (
        "iam service-accounts keys create",
        "a key is a secret that never ends; `serviceAccount:` of a machine needs none, and GitHub logs in without (see the README)",
    ),
    ("storage cp", "`files:` of a Bucket uploads files of the course folder"),
    ("storage ls", ""),
    ("services list", ""),
    ("projects create", "Provost works in a project that is there"),
    ("auth", ""),
    ("init", ""),
    ("info", ""),
    ("config", ""),
    ("components", ""),
    ("version", ""),
    ("help", ""),
];

/// Programs that make nothing in Google Cloud.
const OTHERS: &[(&str, &str)] = &[
    ("docker push", "push before `provost apply`; a container whose image is not there yet is tried again"),
    ("docker build", "build and push before `provost apply`"),
    (
        "docker run",
        "to run it in the cloud, declare a machine with containers: `provost from-compose` makes one of a compose file",
    ),
    ("docker-compose", "`provost from-compose FILE` makes specs of the compose file"),
    ("docker compose", "`provost from-compose FILE` makes specs of the compose file"),
];

/// Translates one command.
pub(super) fn command(words: &[String], desk: &mut Desk<'_>) -> Vec<Draft> {
    let (program, rest) = words.split_first().map_or(("", words), |(first, rest)| (first.as_str(), rest));
    match program {
        "gcloud" => gcloud(rest, desk),
        "gsutil" => gsutil::command(rest, desk),
        _ => {
            let text = words.join(" ");
            let row = OTHERS.iter().find(|(path, _)| begins(&text, path));
            let (name, help) = row.copied().unwrap_or((program, ""));
            not_a_resource(name, help, desk);
            Vec::new()
        }
    }
}

fn gcloud(words: &[String], desk: &mut Desk<'_>) -> Vec<Draft> {
    let words = match words.first().map(String::as_str) {
        Some("alpha" | "beta") => words.get(1..).unwrap_or_default(),
        _ => words,
    };
    let known = COMMANDS.iter().filter_map(|command| Some((command, arguments_of(words, command.path)?)));
    let Some((command, words)) = known.max_by_key(|(command, _)| command.path.len()) else {
        nothing_made(&names(words).join(" "), desk);
        return Vec::new();
    };
    (command.make)(&Arguments::read(&words, command.tables), command.tables, desk)
}

/// The words of a command without those of its path, if it is the command of that path. Flags may stand in between.
fn arguments_of(words: &[String], path: &str) -> Option<Vec<String>> {
    let mut left = Vec::new();
    let mut words = words.iter();
    for part in path.split(' ') {
        loop {
            let word = words.next()?;
            if word == part {
                break;
            }
            if !word.starts_with('-') {
                return None;
            }
            left.push(word.clone());
            if let Some(value) = value_of_global(word, words.as_slice()) {
                left.push(value);
                words.next();
            }
        }
    }
    left.extend(words.cloned());
    Some(left)
}

/// The value of a flag that every command has, where it stands in a word of its own.
fn value_of_global(word: &str, next: &[String]) -> Option<String> {
    let flag = GLOBAL.iter().find(|flag| word.trim_start_matches('-') == flag.name)?;
    let takes = !matches!(flag.does, Does::NothingSwitch);
    next.first().filter(|_| takes).cloned()
}

/// The words of a command that are no flags.
fn names(words: &[String]) -> Vec<&str> {
    words
        .iter()
        .take_while(|word| *word != "--")
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect()
}

/// Whether a command is the one of a path, or one below it.
fn begins(text: &str, path: &str) -> bool {
    text.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn nothing_made(path: &str, desk: &mut Desk<'_>) {
    let words: Vec<&str> = path.split(' ').collect();
    let gone =
        (1..=words.len()).rev().find_map(|n| dead::find(Sort::Command, "", &words.get(..n)?.join(" ")));
    if let Some(dead) = gone {
        let problem = Problem::new("dead-command", format!("`gcloud {}` is gone", dead.name));
        desk.warn(dead.name, problem.label(dead.why).help(dead.instead));
        return;
    }
    if let Some((name, help)) = NOT_RESOURCES.iter().find(|(name, _)| begins(path, name)) {
        not_a_resource(&format!("gcloud {name}"), help, desk);
        return;
    }
    let short = words.iter().take(3).copied().collect::<Vec<_>>().join(" ");
    let problem = Problem::new("not-translated", format!("`gcloud {short}` is not translated"));
    let near = suggest::nearest(&short, COMMANDS.iter().map(|command| command.path));
    let help = near.map_or_else(
        || "`provost schema` shows the kinds that there are".to_owned(),
        |near| format!("did you mean `gcloud {near}`?"),
    );
    desk.warn("", problem.help(help));
}

fn not_a_resource(name: &str, help: &str, desk: &mut Desk<'_>) {
    let problem =
        Problem::new("not-a-resource", format!("`{name}` makes no resource")).label("it is left out");
    desk.warn("", if help.is_empty() { problem } else { problem.help(help) });
}

/// `config set`: the project and the zone of what follows.
fn configure(arguments: &Arguments, _: Tables, desk: &mut Desk<'_>) -> Vec<Draft> {
    match arguments.names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["project" | "core/project", project] => desk.names_project(project),
        ["compute/zone", zone] => desk.zones.push((*zone).to_owned()),
        _ => not_a_resource("gcloud config set", "", desk),
    }
    Vec::new()
}

/// Notes which project a command is about.
pub(super) fn projects(words: &[String], desk: &mut Desk<'_>) {
    for (i, word) in words.iter().enumerate() {
        let value = word.strip_prefix("--project=").map(str::to_owned);
        let value = value.or_else(|| words.get(i + 1).filter(|_| word == "--project").cloned());
        if let Some(project) = value {
            desk.names_project(&project);
        }
    }
    let names = names(words);
    if let ["gcloud", "projects", "add-iam-policy-binding", project, ..]
    | ["gcloud", "config", "set", "project", project] = names.as_slice()
    {
        desk.names_project(project);
    }
}
