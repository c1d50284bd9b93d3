//! Rules over several fields of a service, and what is unwise in one.

use super::spec::RunService;
use crate::kinds::Scope;
use crate::kinds::contract::Finding;
use crate::kinds::lint::Lint;
use crate::kinds::secret_env;
use crate::spec::formats::{Cpu, Memory};
use crate::spec::{Pointer, Problem};

/// Variables that Cloud Run sets itself.
const RESERVED: [&str; 4] = ["K_CONFIGURATION", "K_REVISION", "K_SERVICE", "PORT"];
/// The least CPUs, in thousandths, for more than so much memory
/// (<https://cloud.google.com/run/docs/configuring/services/memory-limits>).
const CPU_FOR: [(u64, u64); 4] = [(24, 8_000), (16, 6_000), (8, 4_000), (4, 2_000)];
/// The least memory in GiB for so many CPUs.
const MEMORY_FOR: [(u64, u64); 2] = [(6_000, 4), (4_000, 2)];
/// The longest request, in seconds.
const LONGEST: u64 = 3_600;

/// Everything that is wrong over several fields.
pub(super) fn check(spec: &RunService, scope: &Scope) -> Vec<Finding> {
    let rules = [
        missing_region(spec, scope),
        no_account(spec),
        reserved(spec),
        timeout(spec),
        instances(spec),
        no_such_cpu(spec),
        part_of_a_cpu(spec),
        too_few_cpus(spec),
        too_little_memory(spec),
    ];
    rules.into_iter().flatten().chain(secrets(spec)).collect()
}

fn found(at: &str, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Finding {
    (Pointer::from(at), Problem::new(code, message).help(help))
}

fn missing_region(spec: &RunService, scope: &Scope) -> Option<Finding> {
    let missing = spec.region.is_none() && scope.region.is_none();
    let problem = Problem::new("missing-location", "neither the service nor the course says where it is");
    let problem = problem.help("add `region: europe-west1` here or to the Course");
    missing.then(|| (Pointer::default(), problem))
}

fn no_account(spec: &RunService) -> Option<Finding> {
    let none = spec.service_account.as_ref().is_some_and(|account| account.as_str() == "none");
    let help = "name a `ServiceAccount` that has no roles, or write `default`";
    none.then(|| found("serviceAccount", "no-account", "a service acts as some account always", help))
}

fn secrets(spec: &RunService) -> Vec<Finding> {
    let all = spec.secret_env.iter();
    all.flat_map(|env| secret_env::check_env(&Pointer::from("secretEnv"), spec.env.as_ref(), env)).collect()
}

fn reserved(spec: &RunService) -> Option<Finding> {
    let all = spec.env.iter().flat_map(|env| env.keys());
    let name = all
        .chain(spec.secret_env.iter().flat_map(|env| env.keys()))
        .find(|n| RESERVED.contains(&n.as_str()))?;
    let help = if name.as_str() == "PORT" { "say `port:` of the service instead" } else { "remove it" };
    Some(found("env", "env-reserved", format!("Cloud Run sets `{name}` itself"), help))
}

fn timeout(spec: &RunService) -> Option<Finding> {
    let seconds = spec.timeout.as_ref()?.seconds();
    let message = format!("a request of {seconds} seconds is outside of 1 second to 1 hour");
    (!(1..=LONGEST).contains(&seconds))
        .then(|| found("timeout", "bad-timeout", message, "write a time such as `5m`"))
}

fn instances(spec: &RunService) -> Option<Finding> {
    let (least, most) = (spec.min_instances?, spec.max_instances?);
    let message = format!("{least} instances are kept where there may be {most} at most");
    (least > most).then(|| found("minInstances", "more-than-most", message, "raise `maxInstances`"))
}

/// A number is no text, whose format would say so.
fn no_such_cpu(spec: &RunService) -> Option<Finding> {
    let cpu = spec.cpu.filter(|cpu| !cpu.is_offered())?;
    let help = "write 1, 2, 4, 6 or 8, or a part of one from 0.08";
    Some(found("cpu", "bad-cpu", format!("Cloud Run has no instances with {cpu} CPUs"), help))
}

fn part_of_a_cpu(spec: &RunService) -> Option<Finding> {
    let part = spec.cpu?.milli() < 1_000;
    let message = "an instance with a part of a CPU answers one request at a time";
    let wrong = part && spec.concurrency != Some(1);
    wrong.then(|| found("cpu", "part-of-a-cpu", message, "add `concurrency: 1`, or give it a whole CPU"))
}

fn too_few_cpus(spec: &RunService) -> Option<Finding> {
    let (memory, cpu) = (spec.memory?, spec.cpu.map_or(1_000, Cpu::milli));
    let (gib, least) = CPU_FOR.into_iter().find(|(gib, _)| memory > Memory::gib(*gib))?;
    let message = format!("more than {gib}Gi of memory needs {} CPUs at least", least / 1_000);
    (cpu < least).then(|| found("memory", "too-few-cpus", message, format!("add `cpu: {}`", least / 1_000)))
}

fn too_little_memory(spec: &RunService) -> Option<Finding> {
    let cpu = spec.cpu?;
    let (_, gib) = MEMORY_FOR.into_iter().find(|(milli, _)| cpu.milli() >= *milli)?;
    let little = spec.memory.is_none_or(|memory| memory < Memory::gib(gib));
    let message = format!("{cpu} CPUs need {gib}Gi of memory at least");
    little.then(|| found("cpu", "too-little-memory", message, format!("add `memory: {gib}Gi`")))
}

/// Whoever finds a hole in what everybody may call has what its account may do: the default one is an editor of the project
/// in most of them.
pub(super) fn open_to_all(spec: &RunService) -> Option<Lint> {
    let default = spec.service_account.as_ref().is_none_or(|account| account.as_str() == "default");
    let message = "everybody may call this service, and it acts as the project's default account";
    let problem = Problem::new("public-default-account", message)
        .label("in most projects that account may change nearly everything")
        .help("declare a `ServiceAccount` with the roles it needs, and name it: `serviceAccount: NAME`");
    (default && spec.public == Some(true)).then(|| Lint::new(Pointer::from("public"), problem))
}
