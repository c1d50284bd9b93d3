//! Reads: every page of a list, or one document. What does not exist has no items; what did not answer is an error.

use serde_json::Value;

use super::client::Client;
use super::error::ApiError;
use super::request::{Read, Request, Shape};

impl Client {
    /// Every item of a read, all pages together. What does not exist has no items.
    pub async fn read(&self, read: &Read) -> Result<Vec<Value>, ApiError> {
        let mut items = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let request = match &token {
                Some(token) => read.request.clone().query("pageToken", token.as_str()),
                None => read.request.clone(),
            };
            let page = match self.send(&request).await {
                Ok(page) => page,
                // Only of the first page: a list that disappears while it is read is no empty list.
                Err(error) if error.is_not_found() && token.is_none() => return Ok(items),
                Err(error) => return Err(error),
            };
            token = page
                .get("nextPageToken")
                .and_then(Value::as_str)
                .filter(|t| !t.is_empty())
                .map(str::to_owned);
            take(&request, &read.shape, page, &mut items)?;
            if token.is_none() || read.shape == Shape::Document {
                return Ok(items);
            }
        }
    }
}

/// Takes the items out of a page.
fn take(request: &Request, shape: &Shape, mut page: Value, items: &mut Vec<Value>) -> Result<(), ApiError> {
    if *shape == Shape::Document {
        items.push(page);
        return Ok(());
    }
    for key in ["unreachable", "unreachables"] {
        let places = page.get(key).and_then(Value::as_array).into_iter().flatten();
        let places: Vec<&str> = places.filter_map(Value::as_str).collect();
        if !places.is_empty() {
            return Err(ApiError::Partial { what: request.to_string(), unreachable: places.join(", ") });
        }
    }
    let lists: Vec<&mut Value> = match shape {
        Shape::Document => Vec::new(),
        Shape::List(member) => page.get_mut(*member).into_iter().collect(),
        Shape::Aggregated(member) => {
            let scopes = page.get_mut("items").and_then(Value::as_object_mut);
            let scopes = scopes.into_iter().flat_map(serde_json::Map::values_mut);
            scopes.filter_map(|scope| scope.get_mut(*member)).collect()
        }
    };
    for list in lists {
        if let Value::Array(list) = list {
            items.append(list);
        }
    }
    Ok(())
}
