use std::error::Error;

use polar_client::MODULE::Polar;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let mut rows = polar.orders().export().rows();
    if let Some(order) = crate::once(rows.try_next()) {
        println!("{:?}", order?.map(|order| order.net_amount));
    }
    Ok(())
}
