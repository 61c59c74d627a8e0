//! [`Cache`] on Redis: plain strings, each with an expiry.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use redis::Cmd;

use super::{link::Link, px};
use crate::store::ports::{Cache, PortError};

pub(super) struct RedisCache {
    pub(super) link: Link,
}

impl RedisCache {
    fn set_command(&self, key: &str, value: &[u8], ttl: Duration) -> Cmd {
        let mut set = redis::cmd("SET");
        set.arg(self.link.key(key)).arg(value);
        set.arg("PX").arg(px(ttl));
        set
    }
}

#[async_trait]
impl Cache for RedisCache {
    async fn get(&self, key: &str) -> Result<Option<Bytes>, PortError> {
        let value: Option<Vec<u8>> = self.link.query(&Cmd::get(self.link.key(key))).await?;
        Ok(value.map(Bytes::from))
    }

    async fn set(&self, key: &str, value: Bytes, ttl: Duration) -> Result<(), PortError> {
        self.link.query(&self.set_command(key, &value, ttl)).await
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
        self.link.pipeline(&commands).await
    }

    async fn set_if_absent(
        &self,
        key: &str,
        value: Bytes,
        ttl: Duration,
    ) -> Result<bool, PortError> {
        let mut set = self.set_command(key, &value, ttl);
        set.arg("NX");
        self.link.query(&set).await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.link.query(&Cmd::del(self.link.key(key))).await
    }

    async fn ping(&self) -> Result<(), PortError> {
        self.link.query(&redis::cmd("PING")).await
    }
}
