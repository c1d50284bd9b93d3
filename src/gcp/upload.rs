//! Uploads: an object's metadata and content in one request, or in chunks when it is large.
//! What is sent is what the plan saw, or nothing.

use std::io::{Read as _, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest, Md5};
use reqwest::Response;
use serde_json::{Value, json};

use super::client::Client;
use super::error::ApiError;
use super::exchange::{self, INCOMPLETE, garbled};
use super::request::{FileBody, Request};
use super::retry::Again;

/// Above this an upload is made in chunks of this size, which must be a multiple of 256 KiB.
const CHUNK: u64 = 8 << 20;
/// How often a session that makes no headway is asked again.
const STALLS: u32 = 4;
/// What separates the two parts of a small upload. A content that holds it is sent in chunks instead.
const BOUNDARY: &str = "provost-d41d8cd98f00b204e9800998ecf8427e";

/// Base64 MD5 of a content, as Cloud Storage writes it.
pub fn md5_of(content: &[u8]) -> String {
    STANDARD.encode(Md5::digest(content))
}

impl Client {
    pub(super) async fn upload(&self, request: &Request, file: &FileBody) -> Result<Value, ApiError> {
        let path = self.folder.join(&file.path);
        let (at, wanted) = (path.clone(), file.clone());
        let small = blocking(move || verified(&at, &wanted)).await?;
        match small.filter(|content| !holds(content, BOUNDARY.as_bytes())) {
            Some(content) => self.multipart(request, &metadata(file), &file.content_type, &content).await,
            None => self.resumable(request, file, path).await,
        }
    }

    /// A text, under the name that the request gives. In two parts like a file: a body that is JSON and no metadata is
    /// easily taken for metadata.
    pub(super) async fn upload_text(
        &self,
        request: &Request,
        kind: &str,
        text: &str,
    ) -> Result<Value, ApiError> {
        self.multipart(request, &json!({"contentType": kind}).to_string(), kind, text.as_bytes()).await
    }

    async fn multipart(
        &self,
        request: &Request,
        metadata: &str,
        kind: &str,
        content: &[u8],
    ) -> Result<Value, ApiError> {
        let request = request.clone().query("uploadType", "multipart");
        let head = format!(
            "--{BOUNDARY}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n--{BOUNDARY}\r\n\
             Content-Type: {kind}\r\n\r\n"
        );
        let mut body = head.into_bytes();
        body.extend_from_slice(content);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let builder = self.builder(&request)?;
        let builder = builder.header("content-type", format!("multipart/related; boundary={BOUNDARY}"));
        let response = self.exchange(&request, builder.body(body)).await?;
        exchange::json(&request, response).await
    }

    /// Opens a session and sends chunk after chunk, from where the server says it has got to.
    async fn resumable(&self, request: &Request, file: &FileBody, path: PathBuf) -> Result<Value, ApiError> {
        let request = request.clone().query("uploadType", "resumable");
        let session = self.open_session(&request, file).await?;
        let (mut at, mut stalls, mut unsure) = (0, 0, false);
        loop {
            let (range, body) = if unsure {
                (format!("bytes */{}", file.size), Vec::new())
            } else {
                let path = path.clone();
                let chunk = blocking(move || chunk(&path, at)).await?;
                (range(at, u64::try_from(chunk.len()).unwrap_or(u64::MAX), file.size), chunk)
            };
            let builder = self.http.put(session.clone()).timeout(self.timeouts.long_call);
            let builder = builder.header("content-range", range).body(body);
            match self.exchange(&request, builder).await {
                Ok(response) if response.status().as_u16() != INCOMPLETE => {
                    return exchange::json(&request, response).await;
                }
                Ok(response) => {
                    let persisted = persisted(&response);
                    stalls = if persisted > at { 0 } else { stalls + 1 };
                    (at, unsure) = (persisted, false);
                }
                Err(error) if stalls >= STALLS || !super::retry::is_transient(&error) => return Err(error),
                Err(_) => (stalls, unsure) = (stalls + 1, true),
            }
            if stalls > STALLS {
                return Err(garbled(&request, "the upload makes no headway"));
            }
            if stalls > 0 {
                self.back_off(Again::Transient, stalls).await;
            }
        }
    }

    /// The address of an upload session. It must be where tokens may go.
    async fn open_session(&self, request: &Request, file: &FileBody) -> Result<reqwest::Url, ApiError> {
        let builder = self
            .builder(request)?
            .header("content-type", "application/json; charset=UTF-8")
            .header("x-upload-content-type", file.content_type.as_str())
            .header("x-upload-content-length", file.size);
        let opened = self.exchange(request, builder.body(metadata(file))).await?;
        let address = opened.headers().get("location").and_then(|v| v.to_str().ok());
        let address = address.and_then(|text| reqwest::Url::parse(text).ok());
        let address = address.filter(|url| self.endpoints.may_lead_to(request.service, url));
        address.ok_or_else(|| garbled(request, "the upload session has no address of the service"))
    }
}

/// The object's metadata with what the server shall hold the content against.
fn metadata(file: &FileBody) -> String {
    let mut metadata: Value = serde_json::from_str(&file.metadata).unwrap_or_else(|_| json!({}));
    if let Value::Object(members) = &mut metadata {
        members.insert("contentType".to_owned(), json!(file.content_type));
        members.insert("md5Hash".to_owned(), json!(file.md5));
    }
    metadata.to_string()
}

/// Checks the file against what the plan saw. Gives the content of a small one.
fn verified(path: &Path, wanted: &FileBody) -> Result<Option<Vec<u8>>, ApiError> {
    let changed = || ApiError::FileChanged { path: wanted.path.clone() };
    let mut file = fs_err::File::open(path)?;
    if file.metadata()?.len() != wanted.size {
        return Err(changed());
    }
    let mut digest = Md5::new();
    let mut content = Vec::new();
    loop {
        content.clear();
        let read = file.by_ref().take(CHUNK).read_to_end(&mut content)?;
        digest.update(&content);
        if u64::try_from(read).is_ok_and(|read| read < CHUNK || wanted.size == CHUNK) {
            break;
        }
    }
    if STANDARD.encode(digest.finalize()) != wanted.md5 {
        return Err(changed());
    }
    Ok((wanted.size <= CHUNK).then_some(content))
}

fn chunk(path: &Path, at: u64) -> Result<Vec<u8>, ApiError> {
    let mut file = fs_err::File::open(path)?;
    file.seek(SeekFrom::Start(at))?;
    let mut chunk = Vec::new();
    file.take(CHUNK).read_to_end(&mut chunk)?;
    Ok(chunk)
}

fn range(at: u64, length: u64, total: u64) -> String {
    match length.checked_sub(1) {
        Some(last) => format!("bytes {at}-{}/{total}", at + last),
        None => format!("bytes */{total}"),
    }
}

/// How much of the content the session has: `Range: bytes=0-524287`; no header means nothing.
fn persisted(response: &Response) -> u64 {
    let range = response.headers().get("range").and_then(|v| v.to_str().ok());
    let last = range.and_then(|text| text.rsplit_once('-')?.1.parse::<u64>().ok());
    last.map_or(0, |last| last + 1)
}

/// Files are read beside the event loop, which has other calls to serve.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ApiError::File(std::io::Error::other(error))))
}

fn holds(content: &[u8], needle: &[u8]) -> bool {
    content.windows(needle.len()).any(|window| window == needle)
}
