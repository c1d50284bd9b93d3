//! A fault as it works: which calls it is about, when it strikes, and what it does. Made by `read`, kept by `Injector`.

use super::file::{ErrorAnswer, Failure, Flicker, ForeignWrite, Garbage, Moment, NotReady, UnknownMember};
use super::span::Span;
use super::{foreign, glob};
use crate::sandbox::services;

/// One fault.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    /// A pattern of method ids.
    pub(super) method: String,
    /// A pattern of resources.
    pub(super) resource: Option<String>,
    /// How many calls go well first.
    pub(super) after: u64,
    /// How often it strikes at most.
    pub(super) times: Option<u64>,
    /// How likely it strikes.
    pub(super) probability: Option<f64>,
    /// Whether it counts for every distinct request by itself.
    pub(super) each: bool,
    /// What it does.
    pub(super) what: What,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// Answers an error.
    Status(ErrorAnswer),
    /// Waits first.
    Latency(Span),
    /// Closes the connection.
    Drop(Moment),
    /// Never answers.
    Hang(Moment),
    /// Answers what no client expects.
    Garbage(Garbage),
    /// Lets the operation fail.
    Operation(Failure),
    /// Says that the API is disabled.
    NotReady(NotReady),
    /// Does not find what was just created.
    Flicker(Flicker),
    /// Does not know an account that was just created.
    UnknownMember(UnknownMember),
    /// Writes in between.
    ForeignWrite(ForeignWrite),
}

/// What the API description says of a method.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Served {
    /// The discovery id.
    pub(in crate::sandbox) id: String,
    /// Whether it begins an operation.
    pub(in crate::sandbox) begins_operation: bool,
}

impl Rule {
    /// Whether the fault is about calls of that method.
    pub(super) fn is_about(&self, method: &Served) -> bool {
        glob::fits(&self.method, &method.id) && self.what.can_strike(method)
    }

    /// Whether the fault is about that resource.
    pub(super) fn names(&self, resource: &str) -> bool {
        self.resource.as_ref().is_none_or(|pattern| glob::fits(pattern, resource))
    }
}

impl What {
    /// Whether this can be done to calls of that method at all.
    fn can_strike(&self, method: &Served) -> bool {
        let action = method.id.rsplit('.').next().unwrap_or_default();
        match self {
            Self::Operation(_) => method.begins_operation,
            Self::NotReady(_) => services::can_be_disabled(&method.id),
            Self::Flicker(_) => matches!(action, "get" | "getIamPolicy"),
            Self::UnknownMember(_) => action == "setIamPolicy",
            Self::ForeignWrite(_) => foreign::is_possible(&method.id),
            _ => true,
        }
    }

    /// Whether other faults may strike the same call.
    pub(super) fn leaves_the_answer(&self) -> bool {
        matches!(self, Self::Latency(_) | Self::ForeignWrite(_))
    }

    /// The name of its field.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Latency(_) => "latency",
            Self::Drop(_) => "drop",
            Self::Hang(_) => "hang",
            Self::Garbage(_) => "garbage",
            Self::Operation(_) => "operation",
            Self::NotReady(_) => "notReady",
            Self::Flicker(_) => "flicker",
            Self::UnknownMember(_) => "unknownMember",
            Self::ForeignWrite(_) => "foreignWrite",
        }
    }
}
