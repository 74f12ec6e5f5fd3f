//! The ARN of a `KeyValueStore`.

use std::fmt;

/// A valid ARN: `arn:aws:cloudfront::<12-digit account>:key-value-store/<id>`. It is checked because the SDK reports a bad one as a
/// failure to connect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreArn(String);

impl StoreArn {
    /// # Errors
    /// Returns what is wrong and the right form.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fail = |why: String| {
            Err(format!(
                "{why}; expected arn:aws:cloudfront::<account>:key-value-store/<id>, the ARN on the KeyValueStore's page in the console, or in its resource"
            ))
        };
        let shown: String = text.chars().take(120).collect();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts[..] else {
            return fail(format!("{shown:?} is not an ARN"));
        };
        if arn != "arn" {
            return fail(format!("{shown:?} is not an ARN"));
        }
        if partition != "aws" {
            return fail(format!("the partition {partition:?} has no KeyValueStore; only \"aws\" has them"));
        }
        if service != "cloudfront" || !region.is_empty() {
            return fail(format!("{shown:?} is not the ARN of a CloudFront resource"));
        }
        if account.len() != 12 || !account.bytes().all(|b| b.is_ascii_digit()) {
            return fail(format!("account {account:?} is not 12 digits"));
        }
        match resource.strip_prefix("key-value-store/") {
            Some(id)
                if !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => fail(format!("{resource:?} is not a KeyValueStore")),
        }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The AWS account of the store.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.split(':').nth(4).unwrap_or_default()
    }
}

impl fmt::Display for StoreArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
