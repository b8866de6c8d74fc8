"""A small LAS of another hand, for the key rio-po.

Written as a supplier would, from the documentation alone: docs/trigger.md, docs/edukoppeling.md, docs/hosted.md, and
what `ketenkeur example` and `ketenkeur sign` print. It shares nothing with ketenkeur: the standard library speaks HTTP
and TLS, lxml and xmlsec read, write and sign XML.

    las.py --pki DIR --duo URL --connect HOST:PORT --listen PORT [--defect NAME]
"""

import argparse
import base64
import datetime
import http.client
import http.server
import json
import ssl
import urllib.parse
import uuid

import xmlsec
from lxml import etree

DUO_OIN = "00000001800866472000"
RIO = "DUO_RIO_Raadplegen_OnderwijsOrganisatie_V4"
BO = "DUO_PO_InschrijvingBO_V1"
GEN = "http://duo.nl/schema/DUO_PO_GeneriekBasisgegevens_V1"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
WSA = "http://www.w3.org/2005/08/addressing"
ANONYMOUS = WSA + "/anonymous"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"
WSSE = WSS + "wssecurity-secext-1.0.xsd"
WSU = WSS + "wssecurity-utility-1.0.xsd"
X509 = WSS + "x509-token-profile-1.0#X509v3"
BASE64 = WSS + "soap-message-security-1.0#Base64Binary"
ID = f"{{{WSU}}}Id"

# The part of the starter data that rio-po speaks of.
SCHOOL = {"brin": "25BE", "oin": "0000000700025BE00000", "bestuur": "100B001", "vestiging": "25BE00"}
PUPILS = {"L14": "999987112", "L15": "999974233"}


class Failed(Exception):
    """What came back cannot be believed, or did not come."""

    def __init__(self, reason, text):
        super().__init__(text)
        self.reason = reason


class Refused(Exception):
    """The LAS will not do it."""

    def __init__(self, reason, text):
        super().__init__(text)
        self.reason = reason


def moment(at=None):
    at = at or datetime.datetime.now(datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def element(parent, namespace, name, text=None, nsmap=None):
    child = etree.SubElement(parent, f"{{{namespace}}}{name}", nsmap=nsmap)
    child.text = text
    return child


class Signer:
    """Signs what goes to DUO, and verifies what comes from it."""

    def __init__(self, pki, defect):
        self.key = f"{pki}/leverancier.key.pem"
        self.certificate = first_certificate(f"{pki}/leverancier.pem")
        # The certificate of DUO that this LAS was given; no other is believed.
        self.duo = first_certificate(f"{pki}/duo.pem")
        self.defect = defect

    def message(self, body, contract, operation):
        """The SOAP message around a body, signed, and its MessageID."""
        message_id = f"urn:uuid:{uuid.uuid4()}"
        envelope = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
        header = element(envelope, SOAP, "Header")
        sender = SCHOOL["oin"]
        if self.defect == "from":
            sender = "00000003999999990000"
        wsa = {"wsa": WSA, "wsu": WSU}
        element(header, WSA, "To", f"{ANONYMOUS}?oin={DUO_OIN}", wsa)
        element(header, WSA, "Action", f"http://duo.nl/contract/{contract}/{operation}", wsa)
        element(header, WSA, "MessageID", message_id, wsa)
        element(element(header, WSA, "From", None, wsa), WSA, "Address", f"{ANONYMOUS}?oin={sender}")
        security = element(header, WSSE, "Security", None, {"wsse": WSSE, "wsu": WSU})
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp = element(security, WSU, "Timestamp")
        element(stamp, WSU, "Created", moment(now))
        element(stamp, WSU, "Expires", moment(now + datetime.timedelta(minutes=5)))
        token = element(security, WSSE, "BinarySecurityToken", self.certificate)
        token.set("EncodingType", BASE64)
        token.set("ValueType", X509)
        soap_body = element(envelope, SOAP, "Body", None, {"wsu": WSU})
        soap_body.append(body)
        signed = [*header.iterchildren(f"{{{WSA}}}*"), stamp, soap_body]
        for part in [*signed, token]:
            part.set(ID, f"id-{uuid.uuid4()}")
        self.sign(security, token, signed)
        if self.defect == "digest":
            # A library that "tidies up" the message before it goes out.
            etree.indent(body)
        return etree.tostring(envelope, xml_declaration=True, encoding="UTF-8"), message_id

    def sign(self, security, token, parts):
        signature = xmlsec.template.create(security, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256)
        security.append(signature)
        for part in parts:
            reference = xmlsec.template.add_reference(signature, xmlsec.Transform.SHA256, uri="#" + part.get(ID))
            xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
        key_info = xmlsec.template.ensure_key_info(signature)
        holder = element(key_info, WSSE, "SecurityTokenReference")
        reference = element(holder, WSSE, "Reference")
        reference.set("URI", "#" + token.get(ID))
        reference.set("ValueType", X509)
        context = xmlsec.SignatureContext()
        context.key = xmlsec.Key.from_file(self.key, xmlsec.KeyFormat.PEM)
        for part in parts:
            context.register_id(part, "Id", WSU)
        context.sign(signature)

    def opened(self, content, message_id):
        """The message element of an answer, when all of it can be believed."""
        try:
            envelope = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        except etree.XMLSyntaxError as error:
            raise Failed("antwoord-onjuist", str(error)) from error
        bodies = envelope.findall(f"{{{SOAP}}}Body")
        if len(bodies) != 1 or len(bodies[0]) != 1:
            raise Failed("antwoord-onjuist", "an answer has one Body with one element")
        if bodies[0][0].tag == f"{{{SOAP}}}Fault":
            raise Failed("fout", "a SOAP fault: " + "".join(bodies[0].itertext()).strip())
        self.verify(envelope, bodies[0])
        related = envelope.findtext(f"{{{SOAP}}}Header/{{{WSA}}}RelatesTo")
        if related != message_id:
            raise Failed("antwoord-onjuist", "it answers another message")
        return bodies[0][0]

    def verify(self, envelope, body):
        header = envelope.find(f"{{{SOAP}}}Header")
        security = header.find(f"{{{WSSE}}}Security")
        tokens = security.findall(f"{{{WSSE}}}BinarySecurityToken") if security is not None else []
        signature = security.find(f"{{{xmlsec.constants.DSigNs}}}Signature") if tokens else None
        if signature is None or "".join(tokens[0].text.split()) != self.duo:
            raise Failed("antwoord-onjuist", "it is not signed with the certificate of DUO")
        context = xmlsec.SignatureContext()
        der = base64.b64decode(self.duo)
        context.key = xmlsec.Key.from_memory(der, xmlsec.KeyFormat.CERT_DER)
        identified = {}
        for part in envelope.iter():
            name = part.get(ID) if isinstance(part.tag, str) else None
            if name in identified:
                raise Failed("antwoord-onjuist", "two elements have the same Id")
            if name is not None:
                identified[name] = part
                context.register_id(part, "Id", WSU)
        try:
            context.verify(signature)
        except xmlsec.Error as error:
            raise Failed("antwoord-onjuist", f"its signature is wrong: {error}") from error
        uris = signature.xpath(".//*[local-name() = 'Reference']/@URI")
        covered = [identified.get(uri.removeprefix("#")) for uri in uris]
        stamp = security.find(f"{{{WSU}}}Timestamp")
        needed = [body, stamp, *header.iterchildren(f"{{{WSA}}}*")]
        if any(part is None or part not in covered for part in needed):
            raise Failed("antwoord-onjuist", "not all of it is signed")
        expires = stamp.findtext(f"{{{WSU}}}Expires")
        if expires and datetime.datetime.fromisoformat(expires.replace("Z", "+00:00")) < datetime.datetime.now(
            datetime.timezone.utc
        ) - datetime.timedelta(minutes=1):
            raise Failed("antwoord-onjuist", "it is no longer valid")


def first_certificate(path):
    """The first certificate of a PEM file, as base64 in one piece."""
    with open(path, encoding="ascii") as file:
        pem = file.read()
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    return "".join(pem.split(begin, 1)[1].split(end, 1)[0].split())


class Duo:
    """DUO over two-way TLS. The names of the test PKI are in no DNS, so the address stands beside the URL."""

    def __init__(self, url, address, pki):
        self.url = urllib.parse.urlsplit(url)
        self.address = address
        self.tls = ssl.create_default_context(cafile=f"{pki}/root.pem")
        self.tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self.tls.load_cert_chain(f"{pki}/leverancier.pem", f"{pki}/leverancier.key.pem")

    def post(self, content, action):
        host, port = self.address.rsplit(":", 1)
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {
            "Host": self.url.netloc,
            "Content-Type": "text/xml; charset=utf-8",
            "SOAPAction": f'"{action}"',
        }
        try:
            connection.connect()
            connection.sock = self.tls.wrap_socket(connection.sock, server_hostname=self.url.hostname)
            connection.request("POST", self.url.path, content, headers)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise Failed("geen-antwoord", f"no answer of DUO: {error}") from error
        finally:
            connection.close()


class Las:
    """What the LAS knows, and what it can do."""

    def __init__(self, duo, signer, defect):
        self.duo, self.signer, self.defect = duo, signer, defect
        # As RIO answered when the LAS last asked.
        self.aanbieders = [
            {"code": "100A001", "erkenning": "25BE", "begin": "2022-01-01", "einde": None},
            {"code": "100A002", "erkenning": "25BE", "begin": "2022-01-01", "einde": None},
        ]
        self.locaties = [
            {"code": "100X001", "erkenning": "25BE00", "begin": "2022-01-01", "einde": None},
            {"code": "100X002", "erkenning": "25BE00", "begin": "2024-08-01", "einde": None},
        ]
        self.volgnummer = {}

    def exchange(self, body, contract, operation):
        content, message_id = self.signer.message(body, contract, operation)
        answer = self.duo.post(content, f"http://duo.nl/contract/{contract}/{operation}")
        return self.signer.opened(answer, message_id)

    def haal_rio_op(self, _):
        aanbieders = self.ask_rio("opvragen_onderwijsaanbiedersVanOrganisatie")
        if self.defect == "foutmelding" and len(aanbieders.findall("{*}onderwijsbestuur")) == 0:
            # A refusal read as an empty list.
            self.aanbieders, self.locaties = [], []
            return "RIO has nothing", {"onderwijsaanbieders": [], "onderwijslocaties": []}
        locaties = self.ask_rio("opvragen_onderwijslocatiegebruikVanOrganisatie")
        ns = f"{{http://duo.nl/schema/{RIO}}}"

        def read(found, code, relation, erkenning):
            kept = []
            for one in found:
                for link in one.iter(ns + relation):
                    kept.append(
                        {
                            "code": one.findtext(".//" + ns + code),
                            "erkenning": link.findtext(ns + erkenning),
                            "begin": link.findtext(ns + "begindatum"),
                            "einde": link.findtext(ns + "einddatum") or one.findtext(ns + "uitBedrijfdatum"),
                        }
                    )
            return kept

        self.aanbieders = read(
            aanbieders.iter(ns + "onderwijsaanbieder"),
            "onderwijsaanbiedercode",
            "juridischeRelatie",
            "instellingserkenningscode",
        )
        self.locaties = read(
            locaties.iter(ns + "onderwijslocatiegebruik"),
            "onderwijslocatiecode",
            "juridischeOnderwijslocatiegebruikRelatie",
            "instellingserkenningscode",
        )
        data = {"onderwijsaanbieders": self.aanbieders, "onderwijslocaties": self.locaties}
        return "RIO has answered", data

    def ask_rio(self, operation):
        ns = f"http://duo.nl/schema/{RIO}"
        body = etree.Element(f"{{{ns}}}{operation}_request", nsmap={None: ns})
        element(body, ns, "identificatiecodeBedrijfsdocument", str(uuid.uuid4()))
        element(body, ns, "verzendendeInstantie", SCHOOL["oin"])
        element(body, ns, "ontvangendeInstantie", DUO_OIN)
        element(body, ns, "datumTijdBedrijfsdocument", moment())
        element(body, ns, "onderwijsbestuurCode", SCHOOL["bestuur"])
        answer = self.exchange(body, RIO, operation)
        if answer.findtext(f"{{{ns}}}requestGoedgekeurd") != "true" and self.defect != "foutmelding":
            fault = answer.findtext(f".//{{{ns}}}fouttekst")
            raise Failed("fout", f"RIO refuses the question: {fault}")
        return answer

    def inschrijven(self, given):
        bsn = given.get("burgerservicenummer") or PUPILS.get(given.get("leerling"))
        if bsn not in PUPILS.values():
            raise Refused("onbekend", "there is no such pupil")
        begin = given.get("datumInschrijving") or datetime.date.today().isoformat()
        perioden = given.get("perioden") or [{"datumBegin": begin, "leerjaar": given.get("leerjaar", 1)}]
        ns = f"http://duo.nl/schema/{BO}"
        body = etree.Element(f"{{{ns}}}aanleverenInschrijvingBO_Request", nsmap={None: ns, "gen": GEN})
        document = str(uuid.uuid4())
        element(body, GEN, "identificatiecodeBedrijfsdocument", document)
        element(body, GEN, "instellingscode", SCHOOL["brin"])
        element(body, GEN, "datumTijdBedrijfsdocument", moment())
        element(body, GEN, "burgerservicenummer", bsn)
        number = self.volgnummer.setdefault(bsn, given.get("inschrijvingvolgnummer") or f"PY-{len(self.volgnummer) + 1}")
        element(body, GEN, "inschrijvingvolgnummer", number)
        element(body, GEN, "datumInschrijving", begin)
        for periode in perioden:
            day = periode["datumBegin"]
            vestiging = periode.get("vestigingscode") or SCHOOL["vestiging"]
            part = element(body, ns, "inschrijvingPeriodeBO")
            element(part, ns, "datumBegin", day)
            element(part, ns, "vestigingscode", vestiging)
            asked = periode.get("onderwijsaanbieder")
            element(part, ns, "onderwijsaanbieder", chosen(self.aanbieders, SCHOOL["brin"], day, asked))
            asked = periode.get("onderwijslocatie")
            element(part, ns, "onderwijslocatie", chosen(self.locaties, vestiging, day, asked))
            element(part, ns, "leerjaar", str(periode["leerjaar"]))
            if periode.get("groep"):
                element(part, ns, "groep", periode["groep"])
        answer = self.exchange(body, BO, "aanleverenInschrijvingBO")
        approved = answer.findtext(f"{{{GEN}}}requestGoedgekeurd") == "true"
        signalen = [
            {name: signaal.findtext(f"{{{GEN}}}{name}") for name in ("code", "soort", "omschrijving")}
            for signaal in answer.iter(f"{{{GEN}}}signaal")
        ]
        data = {
            "inschrijvingvolgnummer": number,
            "identificatiecodeBedrijfsdocument": document,
            "geregistreerd": approved,
            "signalen": signalen,
        }
        return "DUO has answered", data


def chosen(known, erkenning, day, asked):
    """A code that RIO gave for the school and that holds on the day; the one asked for, where one is."""
    for one in known:
        holds = one["begin"] <= day and (one["einde"] is None or day <= one["einde"])
        if one["erkenning"] == erkenning and holds and asked in (None, one["code"]):
            return one["code"]
    raise Refused("rio", f"RIO has given no code {asked or ''} for {erkenning} on {day}")


class Trigger(http.server.BaseHTTPRequestHandler):
    """POST /trigger (docs/trigger.md)."""

    las = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, answer = 404, {"status": "refused", "text": "no such path", "data": {"reden": "trigger"}}
        if self.path == "/trigger":
            status, answer = self.act(body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def act(self, body):
        def said(http_status, status, text, data):
            return http_status, {"status": status, "text": text, "data": data}

        try:
            trigger = json.loads(body)
            action = {"haal-rio-op": self.las.haal_rio_op, "inschrijven": self.las.inschrijven}.get(trigger["action"])
            if action is None:
                return said(501, "unsupported", "this LAS has no such action", {})
            text, data = action(trigger.get("with", {}))
            return said(200, "done", text, data)
        except Refused as refused:
            return said(409, "refused", str(refused), {"reden": refused.reason})
        except Failed as failed:
            return said(500, "failed", str(failed), {"reden": failed.reason})
        except (KeyError, TypeError, ValueError) as error:
            return said(409, "refused", f"the trigger makes no sense: {error!r}", {"reden": "trigger"})

    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser()
    for name in ("--pki", "--duo", "--connect"):
        parser.add_argument(name, required=True)
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--defect", choices=["digest", "from", "foutmelding"])
    given = parser.parse_args()
    duo = Duo(given.duo, given.connect, given.pki)
    Trigger.las = Las(duo, Signer(given.pki, given.defect), given.defect)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", given.listen), Trigger)
    print(f"http://127.0.0.1:{server.server_port}/trigger", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
