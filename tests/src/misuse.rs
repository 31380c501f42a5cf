//! Mistakes that must not compile, as doctests.
//!
//! # Calls with a credential that the operation does not accept
//!
//! Each mistake differs from this correct program in the credential only.
//!
//! ```
//! use polar_client::v2026_10::Polar;
//! use polar_client::{
//!     Anonymous, CustomerSession, MemberSession, OpenIdToken, PersonalToken, RegistrationToken,
//! };
//!
//! fn calls(organization: &Polar, body: polar_client::v2026_10::models::CheckoutConfirmStripe) {
//!     let _ = organization.orders().list();
//!     let _ = organization.checkouts().client_get("secret");
//!     let anonymous = organization.with_credential(Anonymous);
//!     let _ = anonymous.checkouts().client_get("secret");
//!     let _ = anonymous.checkouts().client_confirm("secret", body);
//!     let person = organization.with_credential(PersonalToken::new("polar_pat_"));
//!     let _ = person.organizations().list();
//!     let registration = organization.with_credential(RegistrationToken::new("polar_crt_"));
//!     let _ = registration.oauth2().clients().get_client("id");
//!     let user = organization.with_credential(OpenIdToken::new("polar_at_u_"));
//!     let _ = user.oauth2().userinfo();
//!     let customer = organization.customer_portal(CustomerSession::new("polar_cst_"));
//!     let _ = customer.orders().list();
//!     let member = organization.customer_portal(MemberSession::new("polar_mst_"));
//!     let _ = (member.orders().list(), member.members().list_members());
//! }
//! ```
//!
//! An anonymous client cannot read data of an organization:
//! ```compile_fail,E0277
//! let _ = polar_client::v2026_10::Polar::anonymous().orders().list();
//! ```
//!
//! An organization access token and a personal access token cannot manage the registration of an OAuth2 client:
//! ```compile_fail,E0277
//! fn call(organization: &polar_client::v2026_10::Polar) {
//!     let _ = organization.oauth2().clients().get_client("id");
//! }
//! ```
//! ```compile_fail,E0277
//! use polar_client::{PersonalToken, v2026_10::Polar};
//! let _ = Polar::anonymous().with_credential(PersonalToken::new("")).oauth2().clients().get_client("id");
//! ```
//!
//! A personal access token is not a token obtained through OpenID Connect:
//! ```compile_fail,E0277
//! use polar_client::{PersonalToken, v2026_10::Polar};
//! let _ = Polar::anonymous().with_credential(PersonalToken::new("")).oauth2().userinfo();
//! ```
//!
//! An organization access token is not accepted in the customer portal:
//! ```compile_fail,E0277
//! use polar_client::{OrganizationToken, v2026_10::Polar};
//! let _ = Polar::anonymous().customer_portal(OrganizationToken::new("")).orders().list();
//! ```
//!
//! A customer session is not an organization access token:
//! ```compile_fail,E0277
//! use polar_client::{CustomerSession, v2026_10::Polar};
//! let _ = Polar::anonymous().with_credential(CustomerSession::new("")).orders().list();
//! ```
//!
//! A customer session is not a member session:
//! ```compile_fail,E0277
//! use polar_client::{CustomerSession, v2026_10::Polar};
//! let _ = Polar::anonymous().customer_portal(CustomerSession::new("")).members().list_members();
//! ```
//!
//! A string is not a credential:
//! ```compile_fail,E0277
//! let _ = polar_client::v2026_10::Polar::anonymous().customer_portal("polar_cst_");
//! ```
//!
//! # Missing required values
//!
//! With all required values:
//! ```
//! use polar_client::types::{Date, Uuid};
//! use polar_client::v2026_10::Polar;
//! use polar_client::v2026_10::models::{CheckoutProductsCreate, MeterUpdate, TimeInterval};
//!
//! fn calls(organization: &Polar, id: Uuid, day: Date) {
//!     let _ = organization.orders().get(id);
//!     let _ = organization.metrics().get(day, day, TimeInterval::Day);
//!     let _ = organization.meters().update(id, MeterUpdate::new().name("Tokens"));
//!     let _ = CheckoutProductsCreate::new([id]);
//! }
//! ```
//!
//! Without the ID of the order:
//! ```compile_fail,E0061
//! fn call(organization: &polar_client::v2026_10::Polar) {
//!     let _ = organization.orders().get();
//! }
//! ```
//!
//! Without a required query parameter:
//! ```compile_fail,E0061
//! use polar_client::types::Date;
//! fn call(organization: &polar_client::v2026_10::Polar, day: Date) {
//!     let _ = organization.metrics().get(day, day);
//! }
//! ```
//!
//! Without the body:
//! ```compile_fail,E0061
//! use polar_client::types::Uuid;
//! fn call(organization: &polar_client::v2026_10::Polar, id: Uuid) {
//!     let _ = organization.meters().update(id);
//! }
//! ```
//!
//! Without a required field of the body:
//! ```compile_fail,E0061
//! let _ = polar_client::v2026_10::models::CheckoutProductsCreate::new();
//! ```
//!
//! # Identifiers of another type
//!
//! With the identifier of the right type, or with a UUID:
//! ```
//! use polar_client::ids::OrderId;
//! use polar_client::types::Uuid;
//! use polar_client::v2026_10::Polar;
//! use polar_client::v2026_10::models::{DiscountUpdate, Order, RefundCreate, RefundCreateReason};
//!
//! fn calls(organization: &Polar, order: &Order, uuid: Uuid) -> Result<(), Box<dyn std::error::Error>> {
//!     let _ = organization.orders().get(order.id);
//!     let _ = organization.orders().get(uuid);
//!     let _ = organization.orders().get("3c90c3cc-0d44-4b50-8888-8dd25736052a".parse::<OrderId>()?);
//!     let _ = organization.customers().get(order.customer_id);
//!     let _ = organization.orders().list().customer_id(order.customer_id);
//!     let _ = organization.orders().list().customer_id([order.customer_id]).product_id(uuid);
//!     let _ = organization.orders().list().customer_id([uuid, uuid]).product_id(vec![uuid]);
//!     let _ = RefundCreate::new(order.id, RefundCreateReason::Duplicate, 100);
//!     let _ = RefundCreate::new(uuid, RefundCreateReason::Duplicate, 100);
//!     let _ = DiscountUpdate::new().products([uuid]);
//!     let _ = DiscountUpdate::new().products(vec![uuid]);
//!     Ok(())
//! }
//! ```
//!
//! A customer ID is not an order ID:
//! ```compile_fail,E0277
//! use polar_client::v2026_10::{Polar, models::Order};
//! fn call(organization: &Polar, order: &Order) {
//!     let _ = organization.orders().get(order.customer_id);
//! }
//! ```
//! ```compile_fail,E0277
//! use polar_client::v2026_10::{Polar, models::Order};
//! fn call(organization: &Polar, order: &Order) {
//!     let _ = organization.orders().list().customer_id(order.id);
//! }
//! ```
//! ```compile_fail,E0277
//! use polar_client::v2026_10::models::{Order, RefundCreate, RefundCreateReason};
//! fn create(order: &Order) {
//!     let _ = RefundCreate::new(order.customer_id, RefundCreateReason::Duplicate, 100);
//! }
//! ```
//! ```compile_fail,E0308
//! use polar_client::ids::OrderId;
//! use polar_client::v2026_10::models::Order;
//! fn id(order: &Order) -> OrderId {
//!     order.customer_id
//! }
//! ```
//!
//! A string is not an identifier:
//! ```compile_fail,E0277
//! fn call(organization: &polar_client::v2026_10::Polar) {
//!     let _ = organization.orders().get("id");
//! }
//! ```
//!
//! # Enums and structs that can be extended
//!
//! A match with a wildcard:
//! ```
//! use polar_client::v2026_10::models::{EventSource, UserInfo};
//!
//! fn is_user(info: &UserInfo) -> bool {
//!     match info {
//!         UserInfo::User(_) => true,
//!         UserInfo::Organization(_) => false,
//!         UserInfo::Unknown(_) => false,
//!         _ => false,
//!     }
//! }
//!
//! fn is_own(source: &EventSource) -> bool {
//!     match source {
//!         EventSource::User => true,
//!         EventSource::System => false,
//!         EventSource::Unknown(_) => false,
//!         _ => false,
//!     }
//! }
//! ```
//!
//! A union without a wildcard:
//! ```compile_fail,E0004
//! use polar_client::v2026_10::models::UserInfo;
//!
//! fn is_user(info: &UserInfo) -> bool {
//!     match info {
//!         UserInfo::User(_) => true,
//!         UserInfo::Organization(_) => false,
//!         UserInfo::Unknown(_) => false,
//!     }
//! }
//! ```
//!
//! A string enum without a wildcard:
//! ```compile_fail,E0004
//! use polar_client::v2026_10::models::EventSource;
//!
//! fn is_own(source: &EventSource) -> bool {
//!     match source {
//!         EventSource::User => true,
//!         EventSource::System => false,
//!         EventSource::Unknown(_) => false,
//!     }
//! }
//! ```
//!
//! A literal of a response type:
//! ```compile_fail,E0639
//! let _ = polar_client::v2026_10::models::Pagination { total_count: 1, max_page: 1 };
//! ```
//!
//! # Types that differ between versions
//!
#![doc = include_str!(concat!(env!("OUT_DIR"), "/misuse.md"))]
