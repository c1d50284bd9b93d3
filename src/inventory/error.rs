//! What can go wrong with what is kept beside a project: its inventory, the lease on it, the history of its runs.

use std::sync::Arc;

use crate::gcp::ApiError;

/// The inventory, or what is kept beside it, could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A call failed.
    #[error("the inventory at {place} could not be reached")]
    Api {
        /// Where it is.
        place: String,
        /// Why.
        #[source]
        source: ApiError,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// It is not what it should be.
    #[error("{place} is no {what} of this version of Provost")]
    Unreadable {
        /// What it should be.
        what: &'static str,
        /// Where it is.
        place: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// It belongs to another course.
    #[error("{place} is the inventory of the course {course}; give this course another `inventory:`")]
    Foreign {
        /// Where it is.
        place: String,
        /// Whose it is.
        course: String,
    },
    /// It belongs to this course in another project.
    #[error(
        "{place} is the inventory of this course in the project {project}; destroy it there first, or give it another `inventory:` here"
    )]
    OtherProject {
        /// Where it is.
        place: String,
        /// The project that its entries are in.
        project: String,
    },
    /// Another run wrote it since it was read.
    #[error("another run changed the inventory at {place}; run this one again")]
    Raced {
        /// Where it is.
        place: String,
    },
    /// The lease on the course is gone: another run may be changing it.
    #[error("the lock {place} was lost: {why}, so nothing more was begun")]
    LockLost {
        /// Where it was.
        place: String,
        /// How.
        why: &'static str,
    },
    /// An earlier write of the same run failed.
    #[error(transparent)]
    Earlier(Arc<StoreError>),
}

impl StoreError {
    /// Whether another run was faster, or may be at work: what this one knows is not to be written over what that one does.
    pub fn is_raced(&self) -> bool {
        match self {
            Self::Raced { .. } | Self::LockLost { .. } => true,
            Self::Earlier(error) => error.is_raced(),
            _ => false,
        }
    }

    /// Whether it cannot be read because Cloud Storage is off in its project.
    pub fn is_service_disabled(&self) -> bool {
        matches!(self, Self::Api { source, .. } if source.is_service_disabled())
    }
}
