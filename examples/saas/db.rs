//! The program's own database: users, and their states at Polar.

use std::sync::{Mutex, MutexGuard, PoisonError};

use polar_client::codec;
use polar_client::ids::CheckoutId;
use polar_client::types::Timestamp;
use polar_client::v2026_10::models::{CustomerState, Order};
use rusqlite::{Connection, OptionalExtension as _, Result, params};
use uuid::Uuid;

use crate::sign_in::User;

const SCHEMA: &str = "
    create table if not exists users (id text primary key, email text not null unique);
    create table if not exists sessions (token text primary key, user_id text not null references users);
    create table if not exists customer_states (user_id text primary key, as_of text not null, state text not null);
    create table if not exists paid_orders (id text primary key, user_id text not null, checkout_id text);
";

/// SQLite behind a lock: each statement takes microseconds.
pub(crate) struct Db(Mutex<Connection>);

impl Db {
    pub(crate) fn open(path: &str) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the token of a new session of the user with this address. Creates the user if necessary.
    pub(crate) fn begin_session(&self, email: &str) -> Result<String> {
        let token = Uuid::new_v4().to_string();
        let connection = self.lock();
        let id = Uuid::new_v4().to_string();
        let new = "insert into users values (?1, ?2) on conflict (email) do nothing";
        connection.execute(new, params![id, email])?;
        let session = "insert into sessions select ?1, id from users where email = ?2";
        connection.execute(session, params![token, email])?;
        Ok(token)
    }

    pub(crate) fn end_session(&self, token: &str) -> Result<()> {
        let connection = self.lock();
        connection.execute("delete from sessions where token = ?1", [token])?;
        Ok(())
    }

    pub(crate) fn user(&self, token: &str) -> Result<Option<User>> {
        let query = "select id, email from users join sessions on id = user_id where token = ?1";
        let user = |row: &rusqlite::Row<'_>| {
            Ok(User {
                id: row.get(0)?,
                email: row.get(1)?,
            })
        };
        self.lock().query_row(query, [token], user).optional()
    }

    /// Stores the state of a customer, unless a newer one is known: events may arrive in any order.
    pub(crate) fn keep_state(&self, as_of: Timestamp, state: &CustomerState) -> Result<()> {
        let Some(user_id) = state.external_id() else {
            return Ok(());
        };
        // With a fixed width, so that the strings are ordered like the times.
        let as_of = as_of.format("%Y-%m-%dT%H:%M:%S%.6f").to_string();
        let keep = "insert into customer_states values (?1, ?2, ?3)
            on conflict (user_id) do update set as_of = excluded.as_of, state = excluded.state
            where excluded.as_of >= as_of";
        let json = codec::to_value(state).to_string();
        self.lock().execute(keep, params![user_id, as_of, json])?;
        Ok(())
    }

    /// Returns the last known state of a user at Polar: `None` without a purchase.
    pub(crate) fn state(&self, user: &User) -> Result<Option<CustomerState>> {
        let query = "select state from customer_states where user_id = ?1";
        let state = self.lock();
        let state = state.query_row(query, [&user.id], |row| row.get::<_, String>(0));
        Ok(state
            .optional()?
            .and_then(|state| codec::from_str(&state).ok()))
    }

    pub(crate) fn keep_paid_order(&self, order: &Order) -> Result<()> {
        let id = order.id.to_string();
        let checkout = order.checkout_id.map(|id| id.to_string());
        let keep = "insert into paid_orders values (?1, ?2, ?3) on conflict (id) do nothing";
        let user_id = order.customer.external_id.clone().unwrap_or_default();
        self.lock().execute(keep, params![id, user_id, checkout])?;
        Ok(())
    }

    pub(crate) fn is_paid(&self, user: &User, checkout: CheckoutId) -> Result<bool> {
        let query =
            "select exists (select 1 from paid_orders where user_id = ?1 and checkout_id = ?2)";
        let checkout = checkout.to_string();
        self.lock()
            .query_row(query, [&user.id, &checkout], |row| row.get(0))
    }
}
