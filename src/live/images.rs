//! Which images there are, looked up only when a machine could not be made for want of one. What to say of it is the report's
//! business.

use std::collections::{BTreeMap, BTreeSet};

use crate::gcp::{ApiError, Client, Read, Request, Service};
use crate::report::Known;
use crate::report::advice::missing_image;

/// What advice on these errors may draw on: the families of the projects whose images were missing. One that cannot be read
/// has none to offer.
pub async fn known(client: &Client, project: &str, errors: impl Iterator<Item = &ApiError>) -> Known {
    let projects: BTreeSet<String> = errors.filter_map(missing_image).map(|(project, _)| project).collect();
    let mut families = BTreeMap::new();
    for of in projects {
        if let Ok(images) = client.read(&images(&of)).await {
            let current = images.iter().filter(|image| image.get("deprecated").is_none());
            let named = current.filter_map(|image| Some(image.get("family")?.as_str()?.to_owned()));
            families.insert(of, named.collect::<BTreeSet<_>>().into_iter().collect());
        }
    }
    Known { project: project.to_owned(), families }
}

fn images(project: &str) -> Read {
    let path = format!("projects/{project}/global/images");
    let request = Request::get(Service::Compute, path).query("maxResults", "500");
    Read::list(request.fields("items(family,deprecated),nextPageToken"), "items")
}
