"""Make what the demo of `compose.yaml` needs, once: pictures, keys, games, and a certificate."""

import datetime
import shlex
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gamelabel.service.keys import encode_base64url, load_keys, make_private_file, public_text
from gamelabel.service.pairs.demo_run import make_demo_run

BACKEND = Path(__file__).parents[1] / "demo_game" / "backend.py"
HOSTS = ("label.localhost", "hills.localhost")
GAMES = """\
demo:
  title: Seven Hills
  origin: https://hills.localhost:8443
  launch_keys: [{key}]
  reward_url: http://127.0.0.1:8002/rewards
"""
GAME = """\
export DEMO_GAME_KEY={key}
exec python {backend} --service=https://label.localhost:8443 --service-key={service_key}
"""


def make_certificate(folder: Path) -> None:
    """Make a certificate for the demo's hosts, signed by itself: no browser trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOSTS[0])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in HOSTS]), False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    make_private_file(folder / "certificate.key", private.decode())
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))


def main(folder: Path) -> None:
    """Make everything that is missing in a folder. `games.yaml` is made last."""
    if (folder / "games.yaml").exists():
        return
    make_demo_run(folder / "run")
    make_certificate(folder)
    game_key = Ed25519PrivateKey.generate()
    script = GAME.format(
        key=encode_base64url(game_key.private_bytes_raw()),
        backend=shlex.quote(str(BACKEND.resolve())),
        service_key=load_keys(folder / "keys.json").public,
    )
    (folder / "game.sh").unlink(missing_ok=True)
    make_private_file(folder / "game.sh", script)
    (folder / "games.yaml").write_text(GAMES.format(key=public_text(game_key)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
