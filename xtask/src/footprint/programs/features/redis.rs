use std::error::Error;

use polar_client::MODULE::Polar;
use polar_client::{RateLimit, SharedRateLimit};

use crate::NullTransport;

pub fn client() -> Result<Polar, Box<dyn Error>> {
    let client = polar_client::redis::Client::open("redis://127.0.0.1/")?;
    let mut builder = Polar::builder().access_token("polar_oat_...").transport(NullTransport);
    if let Some(connection) = crate::once(client.get_connection_manager()) {
        let limit = RateLimit::per_minute(500);
        builder = builder.shared_rate_limit(SharedRateLimit::new(limit, connection?, "polar:limit"));
    }
    Ok(builder.build()?)
}

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    Ok(())
}
