//! What courses still name and Google no longer has: images, registries, APIs, metadata, commands. One table, which lint and
//! the translation of old commands read. Data and the search in it; what to say of a find is up to whoever looks.

/// What sort of thing a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A family of images of the project `of`.
    Family,
    /// A single image of the project `of` that is withdrawn.
    Image,
    /// A single image of the project `of` by its date: it may be there, and will be withdrawn.
    Dated,
    /// A host of container images.
    RegistryHost,
    /// An API.
    Api,
    /// A key of a machine's metadata.
    MetadataKey,
    /// A group of gcloud's commands.
    Command,
}

/// Something that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dead {
    /// What it is.
    pub sort: Sort,
    /// Whose it is, for images: the project that publishes them.
    pub of: &'static str,
    /// Its name; `*` is any text.
    pub name: &'static str,
    /// What takes its place: a family, the location of a registry, an API, a way in words. Empty where nothing does.
    pub instead: &'static str,
    /// What became of it.
    pub why: &'static str,
}

const fn family(of: &'static str, name: &'static str, instead: &'static str, why: &'static str) -> Dead {
    Dead { sort: Sort::Family, of, name, instead, why }
}

const fn image(of: &'static str, name: &'static str, instead: &'static str) -> Dead {
    Dead { sort: Sort::Image, of, name, instead, why: COS_109 }
}

const fn dated(of: &'static str, name: &'static str, instead: &'static str) -> Dead {
    let why =
        "an image of one day gets no repairs and is withdrawn in the end; its family leads to the newest";
    Dead { sort: Sort::Dated, of, name, instead, why }
}

const fn host(name: &'static str, location: &'static str) -> Dead {
    let why = "Container Registry takes no images since March 2025";
    Dead { sort: Sort::RegistryHost, of: "", name, instead: location, why }
}

const fn other(sort: Sort, name: &'static str, instead: &'static str, why: &'static str) -> Dead {
    Dead { sort, of: "", name, instead, why }
}

const DEBIAN: &str = "debian-cloud";
const UBUNTU: &str = "ubuntu-os-cloud";
const COS: &str = "cos-cloud";
const LEARNING: &str = "deeplearning-platform-release";
const NO_SUPPORT: &str = "the system is out of support, and no family leads to its images any more";
const COS_109: &str = "Container-Optimized OS 109 and older are out of support since September 2025";
const RENAMED: &str = "Deep Learning images are renamed and withdrawn with the systems under them";
const CPU: &str = "common-cpu";
const GPU: &str = "common-cu128-ubuntu-2204-nvidia-570";

/// Every row; the first that fits counts.
#[rustfmt::skip]
pub static TABLE: &[Dead] = &[
    family(DEBIAN, "debian-8", "debian-12", NO_SUPPORT),
    family(DEBIAN, "debian-9", "debian-12", NO_SUPPORT),
    family(DEBIAN, "debian-10", "debian-12", NO_SUPPORT),
    family(UBUNTU, "ubuntu-1?04-lts", "ubuntu-2404-lts-amd64", NO_SUPPORT),
    family(UBUNTU, "ubuntu-2004-lts", "ubuntu-2404-lts-amd64", NO_SUPPORT),
    family(UBUNTU, "ubuntu-minimal-1?04-lts", "ubuntu-minimal-2404-lts-amd64", NO_SUPPORT),
    family(UBUNTU, "ubuntu-minimal-2004-lts", "ubuntu-minimal-2404-lts-amd64", NO_SUPPORT),
    family(COS, "cos-??-lts", "cos-stable", COS_109),
    family(COS, "cos-10?-lts", "cos-stable", COS_109),
    family(LEARNING, "pytorch-*cpu*-debian-*", "pytorch-latest-cpu", RENAMED),
    family(LEARNING, "pytorch-*cpu*-notebooks*", "pytorch-latest-cpu", RENAMED),
    family(LEARNING, "pytorch-*-debian-*", "pytorch-latest-gpu", RENAMED),
    family(LEARNING, "pytorch-*-notebooks*", "pytorch-latest-gpu", RENAMED),
    family(LEARNING, "tf*gpu*", GPU, RENAMED),
    family(LEARNING, "tf*-cu*", GPU, RENAMED),
    family(LEARNING, "tf-*", CPU, RENAMED),
    family(LEARNING, "tf2-*", CPU, RENAMED),
    family(LEARNING, "common-gpu*", GPU, RENAMED),
    family(LEARNING, "common-cu10*", GPU, RENAMED),
    family(LEARNING, "common-cu11*", GPU, RENAMED),
    family(LEARNING, "common-cu1*-debian-*", GPU, RENAMED),
    family(LEARNING, "common-cpu-notebooks*", CPU, RENAMED),
    family(LEARNING, "common-cpu-debian-*", CPU, RENAMED),
    family(LEARNING, "common-cpu-ubuntu-1804*", CPU, RENAMED),
    family(LEARNING, "common-cpu-ubuntu-2004*", CPU, RENAMED),
    image(COS, "cos-??-*", "cos-stable"),
    image(COS, "cos-10?-*", "cos-stable"),
    image(COS, "cos-stable-??-*", "cos-stable"),
    image(COS, "cos-stable-10?-*", "cos-stable"),
    dated(COS, "cos-stable-*", "cos-stable"),
    dated(COS, "cos-1??-*", "cos-stable"),
    dated(DEBIAN, "debian-11-bullseye-v*", "debian-12"),
    dated(DEBIAN, "debian-12-bookworm-v*", "debian-12"),
    dated(DEBIAN, "debian-13-trixie-v*", "debian-13"),
    dated(UBUNTU, "ubuntu-2204-jammy-v*", "ubuntu-2204-lts"),
    dated(UBUNTU, "ubuntu-2404-noble-amd64-v*", "ubuntu-2404-lts-amd64"),
    dated(UBUNTU, "ubuntu-minimal-2404-noble-amd64-v*", "ubuntu-minimal-2404-lts-amd64"),
    host("gcr.io", "us"),
    host("us.gcr.io", "us"),
    host("eu.gcr.io", "europe"),
    host("asia.gcr.io", "asia"),
    other(Sort::Api, "containerregistry.googleapis.com", "artifactregistry.googleapis.com", "Container Registry is shut down"),
    other(Sort::Api, "ml.googleapis.com", "aiplatform.googleapis.com", "AI Platform was shut down in January 2025"),
    other(Sort::Api, "deploymentmanager.googleapis.com", "", "Deployment Manager ended on 31 March 2026"),
    other(Sort::MetadataKey, "gce-container-declaration", "a `ContainerVm`", "the agent that reads it was announced to stop on 31 July 2026, and any newer image may lack it"),
    other(Sort::Command, "ai-platform", "Vertex AI has custom jobs: `gcloud ai custom-jobs create`", "AI Platform was shut down in January 2025"),
    other(Sort::Command, "ml-engine", "Vertex AI has custom jobs: `gcloud ai custom-jobs create`", "AI Platform was shut down in January 2025"),
    other(Sort::Command, "deployment-manager", "declare what it made as specs of this course", "Deployment Manager ended on 31 March 2026"),
    other(Sort::Command, "container images", "`gcloud artifacts docker images` does the same", "Container Registry is shut down"),
];

/// The row that a thing is under.
pub fn find(sort: Sort, of: &str, name: &str) -> Option<&'static Dead> {
    TABLE.iter().find(|row| row.sort == sort && row.of == of && like(row.name, name))
}

/// Whether a name is one of a pattern: `*` is any text, `?` any character.
fn like(pattern: &str, name: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => name.is_empty(),
        Some('*') => {
            let ends = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            ends.into_iter().any(|at| like(rest.as_str(), name.get(at..).unwrap_or_default()))
        }
        Some(c) => {
            let mut name = name.chars();
            name.next().is_some_and(|other| c == '?' || c == other) && like(rest.as_str(), name.as_str())
        }
    }
}

/// An image of a dead registry, taken apart: where its host leads today, the project, and the rest of its name.
pub fn image_parts(image: &str) -> Option<(&'static Dead, &str, &str)> {
    let (host, rest) = image.split_once('/')?;
    let (project, rest) = rest.split_once('/')?;
    Some((find(Sort::RegistryHost, "", host)?, project, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_says_what_takes_the_place() {
        let family = |of, name| find(Sort::Family, of, name).map(|row| row.instead);
        let rows = [
            (DEBIAN, "debian-10", Some("debian-12")),
            (DEBIAN, "debian-12", None),
            (UBUNTU, "ubuntu-1804-lts", Some("ubuntu-2404-lts-amd64")),
            (COS, "cos-97-lts", Some("cos-stable")),
            (COS, "cos-109-lts", Some("cos-stable")),
            (COS, "cos-117-lts", None),
            (LEARNING, "common-cpu", None),
            (LEARNING, "common-cpu-ubuntu-2204-py310", None),
            (LEARNING, "common-cu113-debian-11-py310", Some(GPU)),
            (LEARNING, "tf-latest-cpu", Some(CPU)),
            (LEARNING, "tf2-ent-latest-gpu", Some(GPU)),
            (LEARNING, "pytorch-2-4-cpu-debian-11-py310", Some("pytorch-latest-cpu")),
            ("my-project", "debian-10", None),
        ];
        for (of, name, instead) in rows {
            assert_eq!(family(of, name), instead, "{of}/{name}");
        }
        assert!(find(Sort::Image, COS, "cos-stable-109-17800-66-27").is_some());
        assert!(find(Sort::Image, COS, "cos-stable-121-18867-199-38").is_none());
    }

    #[test]
    fn an_image_of_a_dead_registry_keeps_its_project_and_name() {
        let (dead, project, rest) = image_parts("eu.gcr.io/p/yolo-v5:1.2").expect("a dead host");
        assert_eq!((dead.instead, project, rest), ("europe", "p", "yolo-v5:1.2"));
        assert!(image_parts("europe-docker.pkg.dev/p/r/yolo-v5:1.2").is_none());
        assert!(image_parts("nginx:1").is_none());
    }

    #[test]
    fn what_takes_the_place_of_a_dead_thing_is_not_dead_itself() {
        for row in TABLE.iter().filter(|row| matches!(row.sort, Sort::Family | Sort::Api)) {
            assert!(find(row.sort, row.of, row.instead).is_none(), "{row:?}");
        }
    }
}
