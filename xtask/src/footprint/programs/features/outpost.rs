use std::error::Error;
use std::future::IntoFuture;
use std::time::Duration;

use polar_client::MODULE::Polar;
use polar_client::metering::UsageEvent;
use polar_client::outpost::OutpostOptions;
use polar_client::types::Uuid;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let (metering, driver) = polar.metering().outpost(OutpostOptions::new()).build()?;
    crate::once(driver);
    let meter: Uuid = "5e5a9d4c-4b0f-4d0a-8e0c-3a1f6b1d2c3e".parse()?;
    let customer = metering.customer("u-1");
    crate::once(customer.track("call").metadata("units", 3).into_future());
    if let Some(reserved) = crate::once(customer.reserve(meter, 1_000)) {
        crate::once(reserved?.settle(UsageEvent::new("call", "u-1").metadata("units", 420)));
    }
    crate::once(metering.shutdown(Duration::from_secs(10)));
    Ok(())
}
