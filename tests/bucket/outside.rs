//! A bucket on a real server, where the environment names one: `LARDER_TEST_S3` is its endpoint, `LARDER_TEST_S3_KEY`
//! and `LARDER_TEST_S3_SECRET` open it.

use std::env;

use super::client;

/// A bucket of its own on a server that others use too. It stays there when the test is over.
pub struct Outside {
    /// Where the server is.
    pub endpoint: String,
    /// The name of the bucket.
    pub name: String,
    /// The key that opens it.
    pub access_key: String,
    /// Its secret.
    pub secret_key: String,
}

impl Outside {
    /// Makes an empty one; none where the environment names no server.
    pub async fn make() -> Option<Self> {
        let endpoint = env::var("LARDER_TEST_S3").ok()?;
        let variable = |name| env::var(name).unwrap();
        let (access_key, secret_key) = (variable("LARDER_TEST_S3_KEY"), variable("LARDER_TEST_S3_SECRET"));
        let name = format!("larder-{}", uuid::Uuid::new_v4().simple());
        let made = client(&endpoint, &access_key, &secret_key).create_bucket().bucket(&name);
        made.send().await.unwrap();
        Some(Self { endpoint, name, access_key, secret_key })
    }

    /// The settings that make a house keep its files in it.
    pub fn settings(&self) -> Vec<(String, String)> {
        super::settings(&self.endpoint, &self.name, &self.access_key, &self.secret_key)
    }
}
