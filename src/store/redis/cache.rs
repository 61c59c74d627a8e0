//! [`Cache`] on Redis: strings, each with an expiry.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use redis::Cmd;

use super::{client::RedisClient, expiry::px, grouped_gets::GroupedGets};
use crate::store::ports::{Cache, PortError};

pub(super) struct RedisCache {
    client: RedisClient,
    gets: Arc<GroupedGets>,
}

impl RedisCache {
    pub(super) fn new(client: RedisClient) -> Self {
        Self {
            gets: Arc::new(GroupedGets::new(client.clone())),
            client,
        }
    }

    fn set_command(&self, key: &str, value: &[u8], ttl: Duration) -> Cmd {
        let mut set = redis::cmd("SET");
        set.arg(self.client.key(key)).arg(value);
        set.arg("PX").arg(px(ttl));
        set
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        self.gets.get(self.client.key(key)).await
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        self.client.query(&self.set_command(key, &value, ttl)).await
    }

    async fn set_many(
        &self,
        entries: Vec<(String, Bytes)>,
        ttl: Duration,
    ) -> Result<(), PortError> {
        if entries.is_empty() {
            return Ok(());
        }
        let mut commands = redis::pipe();
        for (key, value) in &entries {
            commands
                .add_command(self.set_command(key, value, ttl))
                .ignore();
        }
        self.client.pipeline(&commands).await
    }

    async fn set_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        let mut set = self.set_command(key, &value, ttl);
        set.arg("NX");
        self.client.query(&set).await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.client.query(&Cmd::del(self.client.key(key))).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.client.query(&redis::cmd("PING")).await
    }

    async fn version(&self) -> Result<Option<String>, PortError> {
        let mut info = redis::cmd("INFO");
        let server: String = self.client.query(info.arg("server")).await?;
        let version = server
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        Ok(Some(version.unwrap_or_default().trim().to_owned()))
    }
}
