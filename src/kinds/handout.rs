//! What people are given of a resource: how to reach it, and what of it they use. Data only.

use super::machine::Ready;

/// What people are given of a resource.
#[derive(Clone, Debug, PartialEq)]
pub enum Handout {
    /// Nothing: it works behind the others.
    Nothing,
    /// A machine to log in to.
    Machine(Reachable),
    /// A bucket, as `gs://NAME`.
    Bucket(String),
    /// A registry, as the path that images are pushed to.
    Registry(String),
    /// What a workflow elsewhere names to log in.
    Login(String),
    /// A service that answers at the address it has once it is there.
    Service,
}

/// How a machine is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Reachable {
    /// Ports that its ssh line forwards.
    pub tunnels: Vec<u16>,
    /// TCP ports by which the world reaches its containers.
    pub published: Vec<u16>,
    /// When it is ready, where its spec says.
    pub ready: Option<Ready>,
    /// Whether it is declared to be stopped.
    pub rests: bool,
    /// The network that it is in, by name.
    pub network: String,
    /// Its network tags.
    pub tags: Vec<String>,
    /// The service account that it acts as.
    pub account: Option<String>,
}
