"""Mail into Patchbay and out of it through a real mail server, our signature verified by dkimpy. See
scripts/mail-server-check."""

import email
import email.policy
import json
import os
import pathlib
import secrets
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

import dkim

BINARY, SMTPD = (os.path.abspath(name) for name in sys.argv[1:3])
ADDRESS = "support@acme.test"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(what, ask, seconds=60):
    until = time.time() + seconds
    while time.time() < until:
        try:
            found = ask()
            if found:
                return found
        except (OSError, urllib.error.URLError):
            pass
        time.sleep(0.3)
    raise SystemExit(f"{what} did not happen within {seconds} s")


def smtpd(folder, port, receiver):
    maildir = folder / "delivered"
    maildir.mkdir()
    os.chmod(folder, 0o755)
    os.chmod(maildir, 0o777)
    conf = folder / "smtpd.conf"
    conf.write_text(
        f"listen on 127.0.0.1 port {port}\n"
        # Everybody else is a customer, whose mail all lies in one mailbox.
        'table customers { "@" = "nobody" }\n'
        f'action "keep" maildir "{maildir}/box" virtual <customers>\n'
        f'action "hand over" relay host smtp://127.0.0.1:{receiver}\n'
        'match from any for domain "acme.test" action "hand over"\n'
        'match from any for any action "keep"\n'
    )
    os.chmod(conf, 0o644)
    server = subprocess.Popen(
        [SMTPD, "-d", "-f", str(conf)], stdout=(folder / "smtpd.log").open("w"), stderr=subprocess.STDOUT
    )
    until = time.time() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return maildir / "box", server
        except OSError:
            # A container may forbid what it needs, or another one runs: nothing that we could mend.
            if server.poll() is not None or time.time() > until:
                server.kill()
                sys.stderr.write((folder / "smtpd.log").read_text()[-2000:])
                print("LEFT OUT: OpenSMTPD does not start here")
                sys.exit(0)
            time.sleep(0.1)


def certificate(folder):
    """What our receiver offers STARTTLS with."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=mx.acme.test", "-keyout", str(folder / "mx.key"), "-out", str(folder / "mx.pem")],
        check=True, capture_output=True,
    )


def call(base, path, token=None, body=None):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = None
    if body is not None:
        data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(base + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        text = answer.read()
        return json.loads(text) if text and text[:1] in b"{[" else text


def inbound(port):
    """A customer's mail, handed to the real server, which delivers it to our receiver."""
    mime = (
        "From: Dana Whitfield <dana@tenants.test>\r\nTo: support@acme.test\r\nSubject: Visit on Tuesday\r\n"
        "Message-ID: <check-1@tenants.test>\r\nDate: Thu, 05 Mar 2026 14:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nWhen will you come?\r\n.\r\nA dot alone stands above.\r\n"
    )
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("dana@tenants.test", [ADDRESS], mime)


def check(kind, pem, record):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        smtp_port, receiver, port = free_port(), free_port(), free_port()
        box, server = smtpd(folder, smtp_port, receiver)
        base = f"http://127.0.0.1:{port}"
        (folder / "key.pem").write_text(pem)
        (folder / "patchbay.toml").write_text(
            f'env = "development"\nlisten = "127.0.0.1:{port}"\npublic_url = "{base}"\ndata_dir = "{folder}/data"\n'
            f'database_url = "sqlite://{folder}/patchbay.db"\nlisten_smtp = "127.0.0.1:{receiver}"\n[auth]\njwt_secret = "{secrets.token_hex(32)}"\n'
            f'[[inbox]]\nname = "support-mail"\nchannel = "email"\nteam = "support"\naddress = "{ADDRESS}"\n'
            f'inbound = "smtp"\nsmtp_url = "smtp://127.0.0.1:{smtp_port}?tls=none"\n'
            'reply_domain = "reply.acme.test"\nreply_token_secret = "reply-secret"\ndkim = "off"\n'
            f'dkim_selector = "check"\ndkim_domain = "acme.test"\ndkim_private_key = "file:{folder}/key.pem"\n'
            f'[smtp]\nhostname = "mx.acme.test"\ncertificate = "{folder}/mx.pem"\nkey = "{folder}/mx.key"\n'
        )
        certificate(folder)
        config = str(folder / "patchbay.toml")
        log = (folder / "patchbay.log").open("w")
        patchbay = subprocess.Popen([BINARY, "serve", "--config", config], stdout=log, stderr=log)
        try:
            wait_for("patchbay", lambda: call(base, "/health"))
            token = subprocess.run(
                [BINARY, "token", "--role", "admin", "--team", "support", "--config", config],
                check=True, capture_output=True, text=True,
            ).stdout.strip()
            inbound(smtp_port)
            conversation = wait_for("the conversation", lambda: call(base, "/api/v1/conversations", token)["data"])[0]
            heard = call(base, f"/api/v1/conversations/{conversation['id']}/messages", token)["data"][0]
            log_of_server = (folder / "smtpd.log").read_text()
            assert "mta tls " in log_of_server, "the mail server did not talk to our receiver in private"
            said = heard["content"]["text"]
            assert said == "When will you come?\n.\nA dot alone stands above.", said
            assert heard["channel_message_id"] == "check-1@tenants.test", heard
            text = "Tomorrow at nine.\n.\nGrüße, and a long line: " + "x" * 300
            sent = call(base, f"/api/v1/conversations/{conversation['id']}/messages", token,
                        {"content": {"type": "text", "text": text}})
            files = wait_for("the delivery", lambda: [f for f in (box / "new").glob("*")] if (box / "new").exists() else [])
            raw = files[0].read_bytes()
            mail = email.message_from_bytes(raw, policy=email.policy.default)
            names = lambda name, timeout=5: record if name == b"check._domainkey.acme.test." else None
            # Delivery to a mailbox writes plain line feeds; on the wire and for the signature it is CRLF.
            wire = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            if not dkim.verify(wire, dnsfunc=names):
                raise SystemExit(f"{kind}: dkimpy does not accept the signature")
            if dkim.verify(wire.replace(b"Visit on Tuesday", b"Visit on Monday!"), dnsfunc=names):
                raise SystemExit(f"{kind}: dkimpy accepts a changed mail")
            body = mail.get_body(("plain",)).get_content().replace("\r\n", "\n").rstrip("\n")
            assert body == text, body
            assert mail["In-Reply-To"] == "<check-1@tenants.test>" and mail["Subject"] == "Re: Visit on Tuesday"
            assert "r+" in mail["Reply-To"] and mail["To"] == "dana@tenants.test"
            status = lambda: [m for m in call(base, f"/api/v1/conversations/{conversation['id']}/messages", token)["data"]
                              if m["message_id"] == sent["message_id"] and m["status"] == "sent"]
            wait_for("the tick", status)
            print(f"{kind}: OpenSMTPD delivered to our receiver and took our mail, dkimpy verified its signature, the text arrived unchanged")
        except BaseException:
            sys.stderr.write((folder / "smtpd.log").read_text()[-2000:])
            sys.stderr.write((folder / "patchbay.log").read_text()[-3000:])
            raise
        finally:
            for one in (patchbay, server):
                one.terminate()
            for one in (patchbay, server):
                one.wait(timeout=40)


def rsa():
    pem = subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
                         check=True, capture_output=True, text=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubout", "-outform", "DER"], input=pem.encode(), check=True,
                         capture_output=True).stdout
    import base64
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


if __name__ == "__main__":
    pem, record = rsa()
    check("RSA", pem, record)
