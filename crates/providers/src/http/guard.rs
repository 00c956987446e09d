//! Keeps requests away from addresses that are not public: whoever may set a channel's address or name a file's URL must
//! not get at what only this machine can reach.
//!
//! The check is made on the addresses that the connection is then opened to, so a name that leads elsewhere at the next
//! look does not get around it.

use std::error::Error;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::addresses::{AllowedAddresses, ForbiddenAddress};

/// Ends the names that stand for refused addresses. No such host can exist (RFC 6761).
const REFUSED: &str = ".refused.invalid";

/// Resolves names as `R` does, without the addresses that no request may go to.
pub(super) struct Guard<R> {
    allowed: Arc<AllowedAddresses>,
    resolver: R,
}

impl<R> Guard<R> {
    pub(super) const fn new(allowed: Arc<AllowedAddresses>, resolver: R) -> Self {
        Self { allowed, resolver }
    }
}

impl<R: Resolve> Resolve for Guard<R> {
    fn resolve(&self, name: Name) -> Resolving {
        if let Some(refusal) = refusal_in_name(name.as_str()) {
            return Box::pin(async move { Err(refusal.into()) });
        }
        let allowed = Arc::clone(&self.allowed);
        let resolving = self.resolver.resolve(name);
        Box::pin(async move {
            let admitted = admitted(&allowed, resolving.await?)?;
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// Those of `found` that a request may go to. An error when these are none although there are others.
fn admitted(
    allowed: &AllowedAddresses,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, ForbiddenAddress> {
    let mut admitted = Vec::new();
    let mut refusal = Ok(());
    for address in found {
        match allowed.check(address.ip()) {
            Ok(()) => admitted.push(address),
            Err(forbidden) => refusal = refusal.and(Err(forbidden)),
        }
    }
    if admitted.is_empty() {
        refusal?;
    }
    Ok(admitted)
}

/// As the operating system resolves names.
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The client puts the URL's port in place of 0.
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// `url`, or, when its host is an address that no request may go to, one that [`Guard`] refuses in that address's name:
/// clients resolve no addresses, so the guard would never see it.
pub(super) fn guarded(allowed: &AllowedAddresses, mut url: Url) -> Url {
    let address = url
        .host_str()
        .and_then(|host| host.trim_matches(['[', ']']).parse::<IpAddr>().ok());
    let refusal = address.and_then(|address| allowed.check(address).err());
    if let Some(ForbiddenAddress(address)) = refusal {
        let bits = match address {
            IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
            IpAddr::V6(address) => address.to_bits(),
        };
        url.set_host(Some(&format!("{bits:032x}{REFUSED}")))
            .expect("a URL with an address as its host can have a name there");
    }
    url
}

fn refusal_in_name(name: &str) -> Option<ForbiddenAddress> {
    let bits = u128::from_str_radix(name.strip_suffix(REFUSED)?, 16).ok()?;
    Some(ForbiddenAddress(Ipv6Addr::from_bits(bits).to_canonical()))
}

/// The forbidden address that a request failed for, if it did.
pub(crate) fn forbidden_address(error: &reqwest::Error) -> Option<ForbiddenAddress> {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(forbidden) = cause.downcast_ref::<ForbiddenAddress>() {
            return Some(*forbidden);
        }
        source = cause.source();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives the same addresses for every name.
    struct Fixed(&'static [&'static str]);

    impl Resolve for Fixed {
        fn resolve(&self, _name: Name) -> Resolving {
            let addresses: Vec<SocketAddr> = self
                .0
                .iter()
                .map(|address| SocketAddr::new(address.parse().unwrap(), 0))
                .collect();
            Box::pin(async { Ok(Box::new(addresses.into_iter()) as Addrs) })
        }
    }

    async fn resolved(
        allowed: &str,
        answer: &'static [&'static str],
    ) -> Result<Vec<String>, String> {
        let guard = Guard::new(Arc::new(allowed.parse().unwrap()), Fixed(answer));
        let found = guard.resolve("evolution.example".parse().unwrap()).await;
        found
            .map(|found| found.map(|address| address.ip().to_string()).collect())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn forbidden_addresses_are_dropped_from_a_mixed_answer() {
        let answer = &["10.0.0.5", "8.8.8.8", "::1", "2606:4700::1111"];
        let expected = ["8.8.8.8", "2606:4700::1111"].map(str::to_owned).to_vec();
        assert_eq!(resolved("", answer).await, Ok(expected));
    }

    #[tokio::test]
    async fn a_name_with_forbidden_addresses_alone_is_refused_for_the_first() {
        let answer = &["10.0.0.5", "192.168.0.1"];
        let error = resolved("", answer).await.unwrap_err();
        assert!(error.contains("private address 10.0.0.5;"), "{error}");
        let expected = vec!["192.168.0.1".to_owned()];
        assert_eq!(resolved("192.168.0.0/16", answer).await, Ok(expected));
    }

    #[tokio::test]
    async fn a_name_without_addresses_is_left_to_the_client() {
        assert_eq!(resolved("", &[]).await, Ok(Vec::new()));
    }

    #[test]
    fn addresses_in_urls_are_refused_however_they_are_written() {
        let allowed = "127.0.0.0/8".parse().unwrap();
        let refused = |text: &str| {
            let url = guarded(&allowed, text.parse().unwrap());
            refusal_in_name(url.host_str().unwrap()).map(|forbidden| forbidden.0.to_string())
        };
        for text in [
            "http://10.0.0.5:8080/x",
            "http://167772165/",
            "http://0x0a.0.0.5/",
            "http://012.0.5/",
            "http://user@10.0.0.5./",
            "http://[::ffff:10.0.0.5]/",
            "https://10。0。0。5/",
        ] {
            assert_eq!(refused(text).as_deref(), Some("10.0.0.5"), "{text}");
        }
        assert_eq!(refused("http://[fd00::1]/").as_deref(), Some("fd00::1"));
        for text in [
            "http://127.0.0.1/",
            "https://8.8.8.8/",
            "https://evolution.example/",
        ] {
            assert_eq!(refused(text), None, "{text}");
        }
    }
}
