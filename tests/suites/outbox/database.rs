//! A PostgreSQL database with the tables of the outbox.

use polar_client::outbox::Outbox;
use polar_client::tokio_postgres::{Client, Config, NoTls};
use polar_tests::servers::PostgresServer;

pub(crate) struct Database {
    pub(crate) client: Client,
    pub(crate) server: PostgresServer,
}

impl Database {
    pub(crate) async fn new() -> Option<Self> {
        let server = PostgresServer::start()?;
        let client = connect(&config(&server)).await;
        client.batch_execute(Outbox::MIGRATION).await.unwrap();
        Some(Self { client, server })
    }

    pub(crate) fn config(&self) -> Config {
        config(&self.server)
    }

    pub(crate) async fn reconnect(&mut self) {
        self.client = connect(&self.config()).await;
    }

    pub(crate) async fn rows(&self) -> i64 {
        let count = "SELECT count(*) FROM polar_outbox";
        self.client.query_one(count, &[]).await.unwrap().get(0)
    }

    pub(crate) async fn rejections(&self) -> Vec<String> {
        let select = "SELECT rejection FROM polar_outbox WHERE rejection IS NOT NULL ORDER BY id";
        let rows = self.client.query(select, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

fn config(server: &PostgresServer) -> Config {
    server.url("postgres").parse().unwrap()
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
