//! The client against a server that answers from a script. Rules of retries, paging, operations and uploads.

mod operations;
mod retries;
mod uploads;
