//! Credentials: each call carries the one that it is made with, and nothing shows it.

use polar_client_runtime::client::{Anonymous, CustomerSession, MemberSession};
use polar_tests::inputs::security::Polar;
use polar_tests::{Recorder, inputs};

/// The `Authorization` header of the only request.
async fn authorization<T: std::fmt::Debug>(
    recorder: &Recorder,
    call: impl IntoFuture<Output = Result<T, polar_client_runtime::Error>>,
) -> Option<String> {
    call.await.unwrap();
    recorder.take().remove(0).authorization
}

#[tokio::test]
async fn each_call_carries_the_credential_it_is_made_with() {
    let recorder = Recorder::new(200, r#""x""#);
    let builder = || inputs::security::Polar::builder().transport(recorder.clone());
    let account = builder().access_token("polar_oat_1").build().unwrap();
    let anonymous = builder().build().unwrap();

    let bearer = |token: &str| Some(format!("Bearer {token}"));
    let sent = authorization(&recorder, account.orders().list()).await;
    assert_eq!(sent, bearer("polar_oat_1"));
    assert_eq!(
        authorization(&recorder, anonymous.orders().quote()).await,
        None
    );

    let customer = account.portal(CustomerSession::new("polar_cst_2"));
    let sent = authorization(&recorder, customer.orders().list()).await;
    assert_eq!(sent, bearer("polar_cst_2"));
    let member = anonymous.portal(MemberSession::new("polar_mst_3"));
    let sent = authorization(&recorder, member.session().introspect()).await;
    assert_eq!(sent, bearer("polar_mst_3"));
    let nobody = account.portal(Anonymous);
    assert_eq!(
        authorization(&recorder, nobody.session().request()).await,
        None
    );
}

#[test]
fn no_token_is_shown() {
    let polar = Polar::builder()
        .access_token("polar_oat_1")
        .transport(Recorder::new(200, "null"))
        .build()
        .unwrap();
    let portal = polar.portal(CustomerSession::new("polar_cst_2"));
    let shown = format!(
        "{polar:?} {portal:?} {:?} {:?}",
        polar.orders().list(),
        portal.orders().list()
    );
    assert!(
        !shown.contains("polar_oat_1") && !shown.contains("polar_cst_2"),
        "{shown}"
    );
}
