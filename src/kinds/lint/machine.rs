//! Lint of machines: images that are gone, registries that are shut, keys in plain sight.
//! Pure.

use std::collections::BTreeMap;

use super::Lint;
use crate::kinds::containers::Container;
use crate::kinds::dead::{self, Sort};
use crate::kinds::machine::{Image, Machine};
use crate::spec::formats::EnvName;
use crate::spec::{Address, Pointer, Problem};

/// What is said about the machine half of a spec.
pub fn machine(machine: &Machine) -> Vec<Lint> {
    let keys = machine.metadata.iter().flatten().filter(|(_, text)| is_private_key(text));
    let keys = keys.map(|(key, _)| private_key(&format!("metadata.{key}")));
    machine.image.as_ref().and_then(dead_image).into_iter().chain(keys).collect()
}

fn dead_image(image: &Image) -> Option<Lint> {
    let project = image.project.as_deref()?;
    let named = [("family", Sort::Family, image.family.as_ref()), ("name", Sort::Image, image.name.as_ref())];
    let find = |(field, sort, name): (&'static str, Sort, Option<&crate::spec::formats::ResourceName>)| {
        let name = name?.as_str();
        Some((field, name.to_owned(), dead::find(sort, project, name)?))
    };
    let (field, name, dead) = named.into_iter().find_map(find)?;
    let what = if field == "family" { "the family of images" } else { "the image" };
    let problem = Problem::new("dead-image", format!("{what} `{name}` of {project} is gone")).label(dead.why);
    let problem = problem.help(format!("use the family `{}`", dead.instead));
    let fits = field == "family";
    let problem = if fits { problem.replace(dead.instead) } else { problem };
    Some(Lint::new(Pointer::from("image").child(field), problem))
}

/// What is said about containers. `registry` is the kind of registries, whose repositories may bear an old host's name.
pub fn containers(containers: &[Container], registry: &str, project: &str) -> Vec<Lint> {
    let places = containers.iter().enumerate();
    places
        .flat_map(|(i, c)| container(c, &Pointer::from("containers").child(i.to_string()), registry, project))
        .collect()
}

fn container(container: &Container, at: &Pointer, registry: &str, project: &str) -> Vec<Lint> {
    let keys = keys_in(&container.env);
    dead_registry(container.image.as_str(), at, registry, project).into_iter().chain(keys).collect()
}

/// What is said about a spec that is one container itself.
pub fn served(image: &str, env: Option<&Env>, registry: &str, project: &str) -> Vec<Lint> {
    let keys = env.map(keys_in).unwrap_or_default();
    dead_registry(image, &Pointer::default(), registry, project).into_iter().chain(keys).collect()
}

type Env = BTreeMap<EnvName, String>;

fn keys_in(env: &Env) -> Vec<Lint> {
    let keys = env.iter().filter(|(_, text)| is_private_key(text));
    keys.map(|(key, _)| private_key(&format!("env.{key}"))).collect()
}

/// The old hosts serve what Artifact Registry holds in repositories of their names.
fn dead_registry(image: &str, at: &Pointer, registry: &str, project: &str) -> Option<Lint> {
    let (dead, owner, rest) = dead::image_parts(image)?;
    let better = format!("{}-docker.pkg.dev/{owner}/REGISTRY/{rest}", dead.instead);
    let problem =
        Problem::new("dead-registry", format!("`{}` is no registry of its own any more", dead.name))
            .label(dead.why)
            .help(format!("push it to a `{registry}` and write `{better}`"));
    let lint = Lint::new(at.child("image"), problem);
    let own = owner == project;
    Some(if own { lint.unless(Address::new(registry, dead.name)) } else { lint })
}

fn is_private_key(text: &str) -> bool {
    text.contains("PRIVATE KEY-----") || text.contains("\"private_key\"")
}

/// The place is that of the spec as a whole: the lines of the key are not for printing.
fn private_key(field: &str) -> Lint {
    let problem = Problem::new("key-in-spec", format!("a private key stands in `{field}`"))
        .label("everybody who reads the course folder or the machine's metadata has it")
        .help("give the machine a service account with `serviceAccount:`; its programs need no key");
    Lint::new(Pointer::default(), problem)
}
