use std::error::Error;

use polar_client::MODULE::Polar;
use polar_client::MODULE::models::{EventCreate, EventCreateExternalCustomer};
use polar_client::outbox::Outbox;
use polar_client::postgres::Postgres;
use polar_client::tokio_postgres::{self, NoTls};

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let url = "postgresql://localhost/shop";
    if let Some(connected) = crate::once(tokio_postgres::connect(url, NoTls)) {
        let (client, connection) = connected?;
        crate::once(connection);
        let event = EventCreateExternalCustomer::new("tokens", "u-1").metadata([("units", 3)]);
        crate::once(Outbox::new().track(&client, EventCreate::from(event)));
    }
    let relay = polar.events().ingester().relay(Postgres::new(url.parse()?, NoTls));
    let (_relay, driver) = relay.build()?;
    crate::once(driver);
    Ok(())
}
