"""Output as each program prints it, of one link between 10.1.0.0/24, here, and 10.1.128.0/24."""

SWANCTL_SAS = (
    "list-sa event {net {uniqueid=1 version=2 state=ESTABLISHED local-host=192.0.2.1 remote-host=198.51.100.1 "
    "remote-id=C=CH, O=Example, CN=west initiator=yes initiator-spi=9bf7088f42477869 responder-spi=500d81014f867124 "
    "encr-alg=AES_CBC encr-keysize=256 integ-alg=HMAC_SHA2_256_128 prf-alg=PRF_HMAC_SHA2_256 dh-group=ECP_384 "
    "established=70 rekey-time=13000 child-sas {net-8 {name=net uniqueid=8 reqid=4 state=INSTALLED mode=TUNNEL "
    "protocol=ESP spi-in=1d714629 spi-out=f06f2377 encr-alg=AES_GCM_16 encr-keysize=256 dh-group=CURVE_25519 "
    "bytes-in=20 packets-in=1 bytes-out=40 packets-out=1 rekey-time=3323 life-time=3960 install-time=7 "
    "local-ts=[10.1.0.0/24] remote-ts=[10.1.128.0/24[tcp/443] 10.1.129.0..10.1.129.9]} "
    "net-7 {name=net state=DELETED local-ts=[10.1.0.0/24] remote-ts=[10.1.128.0/24]}}}}\n"
    "list-sas reply {}\n"
)
SWANCTL_CONNS = (
    "list-conn event {net {local_addrs=[192.0.2.1] remote_addrs=[198.51.100.1] version=IKEv2 reauth_time=0 "
    "rekey_time=14400 unique=UNIQUE_NO local-1 {class=public key groups=[] certs=[]} children {net {mode=TUNNEL "
    "rekey_time=3600 close_action=none local-ts=[10.1.0.0/24] remote-ts=[10.1.128.0/24]} "
    "lan {mode=PASS rekey_time=0 local-ts=[10.1.0.0/24] remote-ts=[10.1.0.0/24]}}}}\n"
    "list-conns reply {}\n"
)
SWANCTL_POLS = (
    "list-policy event {net/net {child=net ike=net mode=TUNNEL local-ts=[10.1.0.0/24] remote-ts=[10.1.128.0/24]}}\n"
    "list-policy event {lan/lan {child=lan mode=PASS local-ts=[10.1.0.0/24] remote-ts=[10.1.0.0/24]}}\n"
    "list-policy event {no/no {child=no mode=DROP local-ts=[0.0.0.0/0] remote-ts=[10.9.0.0/16]}}\n"
    "list-policies reply {}\n"
)

XFRM_POLICY = """\
src 10.1.0.0/24 dst 10.1.128.0/24
\tdir out priority 375423
\ttmpl src 192.0.2.1 dst 198.51.100.1
\t\tproto esp spi 0xf06f2377 reqid 1 mode tunnel
src 10.1.128.0/24 dst 10.1.0.0/24
\tdir fwd priority 375423
\ttmpl src 198.51.100.1 dst 192.0.2.1
\t\tproto esp reqid 1 mode tunnel
src 10.1.128.0/24 dst 10.1.0.0/24
\tdir in priority 375423
\ttmpl src 198.51.100.1 dst 192.0.2.1
\t\tproto esp reqid 1 mode tunnel
\t\tlevel use
src 10.1.0.0/24 dst 10.1.129.0/24 proto tcp dport 443
\tdir out action block priority 0 ptype main
src 10.1.0.0/24 dst 10.1.130.0/24
\tdir out priority 0 ptype main
src 0.0.0.0/0 dst 0.0.0.0/0
\tsocket in priority 0 ptype main
"""
XFRM_STATE = """\
src 192.0.2.1 dst 198.51.100.1
\tproto esp spi 0xf06f2377(4033815415) reqid 1(0x00000001) mode tunnel
\treplay-window 0 seq 0x00000000 flag af-unspec (0x00100000)
\taead rfc4106(gcm(aes)) <<Keys hidden>> (288 bits) 128
\tlifetime current:
\t  4200(bytes), 50(packets)
\t  add 2026-10-01 10:00:00 use 2026-10-01 10:00:01
src 198.51.100.1 dst 192.0.2.1
\tproto esp spi 0x1d714629(493962793) reqid 1(0x00000001) mode tunnel
\treplay-window 32 seq 0x00000000 flag af-unspec (0x00100000)
\taead rfc4106(gcm(aes)) <<Keys hidden>> (288 bits) 128
\tlifetime current:
\t  0(bytes), 0(packets)
\t  add 2026-10-01 10:00:00 use -
"""
_KEY = "0x" + "00" * 32
XFRM_STATE_CBC = f"""\
src 192.0.2.1 dst 198.51.100.1
\tproto esp spi 0xf06f2377 reqid 1 mode tunnel
\treplay-window 0 flag af-unspec
\tauth-trunc hmac(sha1) 0x{"00" * 20} 96
\tenc cbc(aes) {_KEY}
src 198.51.100.1 dst 192.0.2.1
\tproto esp spi 0x1d714629 reqid 1 mode tunnel
\treplay-window 32 flag af-unspec
\tauth-trunc hmac(sha1) 0x{"00" * 20} 96
\tenc cbc(aes) {_KEY}
"""

LIBRESWAN_STATUS = """\
000 using kernel interface: xfrm
000 Connection list:
000
000 "net": 10.1.0.0/24===192.0.2.1[@east]...198.51.100.1<198.51.100.1>[@west]===10.1.128.0/24; erouted; eroute owner: #2
000 "net":     oriented; my_ip=unset; their_ip=unset; my_updown=ipsec _updown;
000 "net":   ike_life: 28800s; ipsec_life: 3600s; replay_window: 128; rekey_margin: 540s; rekey_fuzz: 100%;
000 "net":   policy: IKEv2+RSASIG+ENCRYPT+TUNNEL+PFS+ROUTE+IKE_FRAG_ALLOW+ESN_NO+failureDROP;
000 "net":   newest IKE SA: #1; newest IPsec SA: #2; conn serial: $1;
000 "net":   IKE algorithm newest: AES_GCM_16_256-HMAC_SHA2_512-DH19
000 "net":   ESP algorithm newest: AES_GCM_16_256-NONE; pfsgroup=<Phase1>
000
000 Total IPsec connections: loaded 1, active 1
000
000 #1: "net":500 STATE_V2_ESTABLISHED_IKE_SA (established IKE SA); REKEY in 27980s; REPLACE in 28250s; newest; idle;
000 #2: "net":500 STATE_V2_ESTABLISHED_CHILD_SA (established Child SA); REKEY in 2780s; newest; eroute owner; IKE SA #1;
000 #2: "net" esp.f06f2377@198.51.100.1 esp.1d714629@192.0.2.1 tun.0@198.51.100.1 tun.0@192.0.2.1 Traffic: ESPin=84B
"""
LIBRESWAN_TRAFFIC = (
    "006 #2: \"net\", type=ESP, add_time=1790967726, inBytes=84, outBytes=168, maxBytes=2^63B, id='@west'\n"
)

LIBRESWAN_OLD = """\
000 "old": 10.1.0.0/24===192.0.2.1<192.0.2.1>...198.51.100.1<198.51.100.1>===10.1.128.0/24; unrouted; eroute owner: #0
000 "old":   ike_life: 3600s; ipsec_life: 28800s; replay_window: 32; rekey_margin: 540s; rekey_fuzz: 100%;
000 "old":   policy: PSK+ENCRYPT+TUNNEL+IKEV1_ALLOW+SAREF_TRACK+IKE_FRAG_ALLOW+ESN_NO;
000 "old":   IKE algorithm newest: 3DES_CBC_192-HMAC_SHA1-MODP1024
000 #3: "old":500 STATE_MAIN_I4 (ISAKMP SA established); EVENT_SA_REPLACE in 2400s; newest ISAKMP; lastdpd=-1s; idle;
"""
