use std::error::Error;
use std::time::Duration;

use polar_client::MODULE::Polar;
use polar_client::MODULE::models::EventCreateExternalCustomer;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let (ingester, driver) = polar.events().ingester().build()?;
    crate::once(driver);
    let event = EventCreateExternalCustomer::new("tokens", "u-1").metadata([("units", 3)]);
    crate::once(ingester.ingest(event));
    crate::once(ingester.shutdown(Duration::from_secs(10)));
    Ok(())
}
