use super::*;

fn forbidden(allowed: &str, address: &str) -> Option<String> {
    let allowed: AllowedAddresses = allowed.parse().unwrap();
    let refusal = allowed.check(address.parse().unwrap()).err();
    refusal.map(|ForbiddenAddress(address)| address.to_string())
}

fn assert_forbidden(addresses: &[&str]) {
    for address in addresses {
        assert!(forbidden("", address).is_some(), "{address}");
    }
}

fn assert_admitted(addresses: &[&str]) {
    for address in addresses {
        assert_eq!(forbidden("", address), None, "{address}");
    }
}

#[test]
fn the_first_and_last_address_of_every_private_network_is_forbidden() {
    assert_forbidden(&["0.0.0.0", "0.255.255.255"]);
    assert_forbidden(&["10.0.0.0", "10.255.255.255"]);
    assert_forbidden(&["100.64.0.0", "100.127.255.255"]);
    assert_forbidden(&["127.0.0.0", "127.0.0.1", "127.255.255.255"]);
    assert_forbidden(&["169.254.0.0", "169.254.169.254", "169.254.255.255"]);
    assert_forbidden(&["172.16.0.0", "172.31.255.255"]);
    assert_forbidden(&["192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255"]);
    assert_forbidden(&["192.88.99.1", "192.168.0.0", "192.168.255.255"]);
    assert_forbidden(&["198.18.0.0", "198.19.255.255"]);
    assert_forbidden(&["198.51.100.7", "203.0.113.7"]);
    assert_forbidden(&["224.0.0.1", "239.255.255.255"]);
    assert_forbidden(&["240.0.0.0", "255.255.255.255"]);
}

#[test]
fn their_neighbours_are_not() {
    assert_admitted(&["1.0.0.0", "9.255.255.255", "11.0.0.0"]);
    assert_admitted(&["100.63.255.255", "100.128.0.0"]);
    assert_admitted(&["126.255.255.255", "128.0.0.0"]);
    assert_admitted(&["169.253.255.255", "169.255.0.0"]);
    assert_admitted(&["172.15.255.255", "172.32.0.0"]);
    assert_admitted(&["192.0.1.0", "192.0.3.0", "192.167.255.255", "192.169.0.0"]);
    assert_admitted(&["198.17.255.255", "198.20.0.0", "223.255.255.255"]);
}

#[test]
fn only_global_unicast_is_public_in_ipv6() {
    assert_forbidden(&["::", "::1", "::a00:5", "100::1", "64:ff9b:1::1"]);
    assert_forbidden(&["fc00::1", "fdff::1", "fe80::1", "febf::1", "fec0::1"]);
    assert_forbidden(&["ff02::1", "5f00::1", "4000::1"]);
    assert_forbidden(&["2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1"]);
    assert_admitted(&["2001:4860:4860::8888", "2606:4700::1111", "2804:14c::1"]);
    assert_admitted(&["2001:200::1", "3ffe::1"]);
}

#[test]
fn an_ipv4_address_inside_an_ipv6_one_counts_as_itself() {
    assert_eq!(
        forbidden("", "::ffff:10.0.0.5").as_deref(),
        Some("10.0.0.5")
    );
    assert_admitted(&["::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]);
    assert_forbidden(&["64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:c0a8:1::1"]);
    // Server 8.8.8.8 with client 10.0.0.5, and the other way round.
    assert_forbidden(&["2001:0:808:808:0:0:f5ff:fffa", "2001:0:a00:5:0:0:f7f7:f7f7"]);
    assert_admitted(&["2001:0:808:808:0:0:f7f7:f7f7"]);
}

#[test]
fn what_is_allowed_is_admitted_in_every_form_of_it() {
    let allowed = "127.0.0.0/8, 10.0.0.5,fd00::/8";
    for address in [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.5",
        "::ffff:10.0.0.5",
        "64:ff9b::a00:5",
        "2002:a00:5::1",
        "fd12::1",
        "8.8.8.8",
    ] {
        assert_eq!(forbidden(allowed, address), None, "{address}");
    }
    for address in ["10.0.0.6", "::1", "fc00::1", "169.254.169.254"] {
        assert!(forbidden(allowed, address).is_some(), "{address}");
    }
}

/// P7: who allows a private network does not mean to give away the machine's own credentials.
#[test]
fn a_clouds_metadata_is_allowed_by_its_own_address_alone() {
    let networks = "0.0.0.0/0,::/0";
    for address in [
        "169.254.169.254",
        "169.254.170.2",
        "169.254.170.23",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fd00:ec2::254",
        "fd00:ec2::23",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
    ] {
        assert!(forbidden("", address).is_some(), "{address}");
        assert!(forbidden(networks, address).is_some(), "{address}");
    }
    assert_eq!(forbidden("fd00:ec2::254", "fd00:ec2::254"), None);
    assert_eq!(forbidden("169.254.169.254/32", "::ffff:a9fe:a9fe"), None);
    assert_eq!(forbidden(networks, "fd00:ec2::255"), None);
}

#[test]
fn a_refusal_says_how_to_allow_it() {
    let error = AllowedAddresses::default().check("10.0.0.5".parse().unwrap());
    assert_eq!(
        error.unwrap_err().to_string(),
        "leads to the private address 10.0.0.5; allow it with --allow-addresses 10.0.0.5"
    );
}

#[test]
fn what_is_no_network_is_refused() {
    for text in ["localhost", "10.0.0.0/33", "10.0.0", "127.0.0.1 ::1"] {
        assert_eq!(
            text.parse::<AllowedAddresses>(),
            Err(AllowedAddressesError),
            "{text}"
        );
    }
    assert_eq!(" , ".parse(), Ok(AllowedAddresses::default()));
}
