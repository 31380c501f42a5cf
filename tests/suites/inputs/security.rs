//! Credentials: each call sends that of its client, and no output contains it.

use polar_client_runtime::Error;
use polar_client_runtime::client::{
    Anonymous, CustomerSession, MemberSession, OpenIdToken, OrganizationToken, PersonalToken,
};
use polar_tests::inputs::security::Polar;
use polar_tests::{Recorder, inputs};

/// Returns the `Authorization` header of the only request.
async fn authorization<T: std::fmt::Debug>(
    recorder: &Recorder,
    call: impl IntoFuture<Output = Result<T, polar_client_runtime::Error>>,
) -> Option<String> {
    call.await.unwrap();
    recorder.take().remove(0).authorization
}

#[tokio::test]
async fn each_call_sends_the_credential_of_its_client() {
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
    let anonymous = account.portal(Anonymous);
    assert_eq!(
        authorization(&recorder, anonymous.session().request()).await,
        None
    );
}

#[test]
fn no_token_is_printed() {
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

#[tokio::test]
async fn unauthenticated_operations_send_no_credential() {
    let recorder = Recorder::new(200, r#""x""#);
    let polar = Polar::builder().transport(recorder.clone());
    let polar = polar.access_token("polar_oat_1").build().unwrap();
    assert_eq!(authorization(&recorder, polar.orders().quote()).await, None);
    let portal = polar.portal(CustomerSession::new("polar_cst_2"));
    let sent = authorization(&recorder, portal.session().request()).await;
    assert_eq!(sent, None);
}

#[tokio::test]
async fn personal_tokens_can_call_operations_that_organizations_cannot() {
    let recorder = Recorder::new(200, r#""x""#);
    let builder = || Polar::builder().transport(recorder.clone());
    let bearer = |token: &str| Some(format!("Bearer {token}"));

    let person = builder().credential(PersonalToken::new("polar_pat_1"));
    let person = person.build().unwrap();
    let sent = authorization(&recorder, person.orders().me()).await;
    assert_eq!(sent, bearer("polar_pat_1"));
    let sent = authorization(&recorder, person.orders().list()).await;
    assert_eq!(sent, bearer("polar_pat_1"));
    let sent = authorization(&recorder, person.orders().confirm()).await;
    assert_eq!(sent, bearer("polar_pat_1"));

    // `confirm` accepts an anonymous client, but not an organization.
    let anonymous = person.with_credential(Anonymous);
    let sent = authorization(&recorder, anonymous.orders().confirm()).await;
    assert_eq!(sent, None);

    let user = person.with_credential(OpenIdToken::new("polar_at_u_1"));
    let sent = authorization(&recorder, user.orders().userinfo()).await;
    assert_eq!(sent, bearer("polar_at_u_1"));
}

#[tokio::test]
async fn a_token_of_another_kind_is_rejected_before_it_is_sent() {
    async fn rejection<T: std::fmt::Debug>(
        call: impl IntoFuture<Output = Result<T, Error>>,
    ) -> String {
        let error = call.await.unwrap_err();
        assert!(matches!(error, Error::InvalidRequest { .. }), "{error:?}");
        error.to_string()
    }
    let recorder = Recorder::new(200, r#""x""#);
    let polar = Polar::builder().transport(recorder.clone());
    let polar = polar.build().unwrap();

    let mistaken = polar.portal(CustomerSession::new("polar_oat_hush"));
    assert_eq!(
        rejection(mistaken.orders().list()).await,
        "portal:orders:list: not sent: the token is of another kind than the operation takes: \
         a customer session (polar_cst_) or a member session (polar_mst_)"
    );
    let mistaken = polar.with_credential(OrganizationToken::new("polar_cst_hush"));
    let text = rejection(mistaken.orders().list()).await;
    assert!(
        text.contains("an organization access token (polar_oat_)"),
        "{text}"
    );
    let mistaken = polar.with_credential(PersonalToken::new("polar_oat_hush"));
    let text = rejection(mistaken.orders().me()).await;
    assert!(
        text.contains("a personal access token (polar_pat_)"),
        "{text}"
    );
    // An organization's token that was obtained through OpenID Connect.
    let mistaken = polar.with_credential(OpenIdToken::new("polar_at_o_hush"));
    let text = rejection(mistaken.orders().me()).await;
    assert!(
        text.contains("of a user (polar_at_u_)") && !text.contains("hush"),
        "{text}"
    );
    assert!(recorder.take().is_empty());

    // Tokens with an unknown prefix are sent.
    let future = polar.with_credential(OrganizationToken::new("polar_xyz_1"));
    let sent = authorization(&recorder, future.orders().list()).await;
    assert_eq!(sent.as_deref(), Some("Bearer polar_xyz_1"));
}
