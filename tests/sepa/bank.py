"""A bank for tests: it takes a pain.001 file and answers with a status report and with a statement.

orders = bank.orders(pain001)                      # what the file asks for, read independently of the product
bank.statement(orders, returned={id: "AC04"})      # camt.053: all paid, one of them came back
bank.report(orders, rejected={id: "AC01"})         # pain.002
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape

from lxml import etree

IBAN = "IT60X0542811101000000123456"
TODAY = date(2023, 2, 3)
TEXTS = {"AC01": "Account number wrong", "AC04": "Account closed", "MS03": "No reason given"}
DOCUMENT = '<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:{version}">\n'


@dataclass(frozen=True)
class Order:
    """A payment that the bank was told to make."""

    message_id: str
    block_id: str
    end_to_end_id: str
    amount: Decimal
    name: str
    iban: str
    remittance: str


def orders(pain001):
    """What the bytes of a pain.001.001.09 ask for, by lxml and XPath."""
    tree, ns = etree.fromstring(pain001), {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}

    def text(node, path):
        return "".join(node.xpath(f"{path}/text()", namespaces=ns))

    return [
        Order(
            message_id=text(tree, "p:CstmrCdtTrfInitn/p:GrpHdr/p:MsgId"),
            block_id=text(node, "../p:PmtInfId"),
            end_to_end_id=text(node, "p:PmtId/p:EndToEndId"),
            amount=Decimal(text(node, "p:Amt/p:InstdAmt")),
            name=text(node, "p:Cdtr/p:Nm"),
            iban=text(node, "p:CdtrAcct/p:Id/p:IBAN"),
            remittance=text(node, "p:RmtInf/p:Ustrd"),
        )
        for node in tree.iterfind(".//p:CdtTrfTxInf", ns)
    ]


def statement(orders, **facts):
    """The bytes of a camt.053, see statement_pieces()."""
    return "".join(statement_pieces(orders, **facts)).encode()


def statement_pieces(
    orders,
    *,
    version="camt.053.001.08",
    number="STMT-1",
    iban=IBAN,
    today=TODAY,
    currency="EUR",
    unpaid=(),
    returned=None,
    together=False,
    more="",
):
    """Every order but those in `unpaid` leaves the account; those of `returned` {id: reason} come back, too.

    `together`: one booked line for all that leaves (batch booking). `more`: XML of further lines.
    """
    orders = iter(orders)
    yield DOCUMENT.format(version=version)
    yield f"""<BkToCstmrStmt>
<GrpHdr><MsgId>BANK-{number}</MsgId><CreDtTm>{today}T06:00:00+01:00</CreDtTm></GrpHdr>
<Stmt><Id>{number}</Id><ElctrncSeqNb>12</ElctrncSeqNb><CreDtTm>{today}T06:00:00+01:00</CreDtTm>
<Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>{currency}</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="{currency}">5.00</Amt><CdtDbtInd>CRDT</CdtDbtInd>\
<Dt><Dt>{today}</Dt></Dt></Bal>
"""
    back, paid = [], []
    for order in orders:
        if order.end_to_end_id in unpaid:
            continue
        if order.end_to_end_id in (returned or ()):
            back.append(order)
        if together:
            paid.append(order)
        else:
            yield line(version, [order], "DBIT", today=today, currency=currency)
    if paid:
        yield line(version, paid, "DBIT", today=today, currency=currency)
    for order in back:
        yield line(version, [order], "CRDT", today=today, currency=currency, reason=returned[order.end_to_end_id])
    yield f"{more}</Stmt>\n</BkToCstmrStmt>\n</Document>\n"


def line(version, orders, direction, *, today=TODAY, currency="EUR", reason="", reference=None, status="BOOK"):
    """One <Ntry> over `orders`."""
    amount, first = sum(order.amount for order in orders), orders[0]
    status = f"<Cd>{status}</Cd>" if version.endswith(".08") else status
    reference = reference or f"REF-{first.end_to_end_id}"[:35]
    family = "<Fmly><Cd>ICDT</Cd><SubFmlyCd>{}</SubFmlyCd></Fmly>".format("RRTN" if reason else "ESCT")
    batch = f"<Btch><PmtInfId>{first.block_id}</PmtInfId><NbOfTxs>{len(orders)}</NbOfTxs></Btch>"
    details = "".join(detail(version, order, direction, currency, reason) for order in orders)
    return f"""<Ntry><NtryRef>1</NtryRef><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd>\
<RvslInd>{"true" if reason else "false"}</RvslInd><Sts>{status}</Sts><BookgDt><Dt>{today}</Dt></BookgDt>\
<ValDt><Dt>{today}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>\
<BkTxCd><Domn><Cd>PMNT</Cd>{family}</Domn></BkTxCd><NtryDtls>{batch}{details}</NtryDtls></Ntry>
"""


def detail(version, order, direction, currency, reason):
    amount = f'<Amt Ccy="{currency}">{order.amount}</Amt>'
    if version.endswith(".08"):
        amount, party = f"{amount}<CdtDbtInd>{direction}</CdtDbtInd>", f"<Pty><Nm>{escape(order.name)}</Nm></Pty>"
    else:
        amount, party = f"<AmtDtls><TxAmt>{amount}</TxAmt></AmtDtls>", f"<Nm>{escape(order.name)}</Nm>"
    back = (
        f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>{TEXTS.get(reason, reason)}</AddtlInf></RtrInf>"
        if reason
        else ""
    )
    return f"""<TxDtls><Refs><MsgId>{order.message_id}</MsgId><PmtInfId>{order.block_id}</PmtInfId>\
<EndToEndId>{order.end_to_end_id}</EndToEndId></Refs>{amount}<RltdPties><Cdtr>{party}</Cdtr>\
<CdtrAcct><Id><IBAN>{order.iban}</IBAN></Id></CdtrAcct></RltdPties>\
<RmtInf><Ustrd>{escape(order.remittance or "-")}</Ustrd></RmtInf>{back}</TxDtls>"""


def report(
    orders,
    *,
    version="pain.002.001.10",
    number="RPT-1",
    today=TODAY,
    rejected=None,
    status="ACSC",
    group="",
    blocks=None,
    named=True,
):
    """The bytes of a pain.002: every order is `status`, those of `rejected` {id: reason} are RJCT.

    `group`: the status of the whole file; `blocks`: {id: status}; without `named` no single payment is named.
    """
    rejected, message = rejected or {}, orders[0].message_id
    group = group or ("PART" if rejected else status)
    parts = [
        DOCUMENT.format(version=version),
        f"""<CstmrPmtStsRpt><GrpHdr><MsgId>BANK-{number}</MsgId><CreDtTm>{today}T06:00:00</CreDtTm></GrpHdr>
<OrgnlGrpInfAndSts><OrgnlMsgId>{message}</OrgnlMsgId><OrgnlMsgNmId>pain.001.001.09</OrgnlMsgNmId>\
<GrpSts>{group}</GrpSts>{why("FF01") if group == "RJCT" else ""}</OrgnlGrpInfAndSts>
""",
    ]
    for block in dict.fromkeys(order.block_id for order in orders) if named or blocks else ():
        said = (blocks or {}).get(block, "")
        said = f"<PmtInfSts>{said}</PmtInfSts>{why('AM04') if said == 'RJCT' else ''}" if said else ""
        parts.append(f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>{block}</OrgnlPmtInfId>{said}\n")
        mine = (order for order in orders if named and order.block_id == block)
        parts.extend(answer(order, rejected.get(order.end_to_end_id, ""), status) for order in mine)
        parts.append("</OrgnlPmtInfAndSts>\n")
    return "".join([*parts, "</CstmrPmtStsRpt>\n</Document>\n"]).encode()


def answer(order, reason, status):
    return f"""<TxInfAndSts><OrgnlEndToEndId>{order.end_to_end_id}</OrgnlEndToEndId>\
<TxSts>{"RJCT" if reason else status}</TxSts>{why(reason) if reason else ""}\
<OrgnlTxRef><Amt><InstdAmt Ccy="EUR">{order.amount}</InstdAmt></Amt></OrgnlTxRef></TxInfAndSts>
"""


def why(reason):
    return f"<StsRsnInf><Rsn><Cd>{reason}</Cd></Rsn><AddtlInf>{TEXTS.get(reason, reason)}</AddtlInf></StsRsnInf>"
