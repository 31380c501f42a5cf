//! Reads the arguments of a call from JSON.

use serde_json::{Map, Value};

use super::{Build, Problem};

/// The arguments of a call, by their names in the contract.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    pub(crate) path: Map<String, Value>,
    pub(crate) query: Map<String, Value>,
    pub(crate) body: Option<Value>,
    /// The index of the accepted credential to use, modulo their number.
    pub(crate) credential: usize,
}

impl Arguments {
    pub(crate) fn path<T: Build>(&self, name: &str) -> Result<T, Problem> {
        given(named(&self.path, name)?, name)
    }

    pub(crate) fn query<T: Build>(&self, name: &str) -> Result<T, Problem> {
        given(self.find_query(name)?, name)
    }

    pub(crate) fn body<T: Build>(&self) -> Result<T, Problem> {
        given(self.find_body()?, "body")
    }

    /// Returns an optional parameter; null is equivalent to absent.
    pub(crate) fn find_query<T: Build>(&self, name: &str) -> Result<Option<T>, Problem> {
        named(&self.query, name)
    }

    /// Returns the values of a list parameter. A single value is accepted in place of a list.
    pub(crate) fn find_list<T: Build>(&self, name: &str) -> Result<Option<Vec<T>>, Problem> {
        match self.query.get(name) {
            Some(one) if !one.is_array() && !one.is_null() => {
                let one = T::build(one).map_err(|problem| problem.at(name))?;
                Ok(Some(vec![one]))
            }
            _ => self.find_query(name),
        }
    }

    pub(crate) fn find_body<T: Build>(&self) -> Result<Option<T>, Problem> {
        let body = self.body.as_ref().map(T::build).transpose();
        body.map_err(|problem| problem.at("body"))
    }
}

fn named<T: Build>(values: &Map<String, Value>, name: &str) -> Result<Option<T>, Problem> {
    let value = values.get(name).filter(|value| !value.is_null());
    let value = value.map(T::build).transpose();
    value.map_err(|problem| problem.at(name))
}

fn given<T>(value: Option<T>, name: &str) -> Result<T, Problem> {
    value.ok_or_else(|| {
        Problem::new("the client requires a value that the contract does not require").at(name)
    })
}
