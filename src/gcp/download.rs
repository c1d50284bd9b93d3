//! Downloads: the content of an object as it is, which is no answer of an API.

use super::client::Client;
use super::error::ApiError;
use super::exchange::transport;
use super::request::Request;
use super::retry;

impl Client {
    /// The bytes that a request answers. Failures worth it are tried again.
    pub async fn download(&self, request: &Request) -> Result<Vec<u8>, ApiError> {
        let mut attempt = 1;
        loop {
            self.take_turn(request).await;
            let error = match self.bytes(request).await {
                Ok(bytes) => return Ok(bytes),
                Err(error) => error,
            };
            let Some(why) = retry::again(request, &error).filter(|_| attempt < retry::TRIES) else {
                return Err(error);
            };
            self.back_off(why, attempt).await;
            attempt += 1;
        }
    }

    async fn bytes(&self, request: &Request) -> Result<Vec<u8>, ApiError> {
        let response = self.exchange(request, self.builder(request)?).await?;
        response.bytes().await.map(Vec::from).map_err(|source| transport(request, source))
    }
}
