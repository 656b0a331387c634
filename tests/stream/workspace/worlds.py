"""A small workspace for tests, written table by table."""

from pathlib import Path

NEEDED = {
    "agreements": "agreement,party_a,party_b,incumbent,state,time_zone\nsbc-kmc-wi,sbc,kmc,sbc,WI,America/Chicago\n",
    "parties": "party,kind,name\nsbc,ilec,SBC\nkmc,clec,KMC\n",
    "ocns": "ocn,party,from,through\n9327,sbc,,\n2588,kmc,2003-01-01,2004-12-31\n",
    "number_blocks": (
        "npa_nxx,ocn,rate_center,lata,state,switch,from,through\n"
        "414200,9327,MILWAUKEE,356,WI,MILWWI01DS0,,\n"
        "4142001,2588,MILWAUKEE,356,WI,,2003-01-01,\n"
    ),
}

FULL = NEEDED | {
    "rate_centers": "state,rate_center,v,h,known_from\nWI,MILWAUKEE,5788,3589,\nWI,RACINE,,,2004-01-02\n",
    "local_areas": "state,area,rate_center,from,through\nWI,LAKE,MILWAUKEE,,\n",
    "eas_pairs": (
        "state_a,rate_center_a,state_b,rate_center_b,kind,from,through\nWI,MILWAUKEE,WI,MILWAUKEE,optional,,2004-06-15\n"
    ),
    "trunk_groups": (
        "trunk_group,agreement,kind,tandem,end_office,trunks,from,through\nd1,sbc-kmc-wi,direct,T1,E1,24,,\n"
        "t1,sbc-kmc-wi,tandem,T1,,,,\n"
    ),
    "pois": (
        "agreement,party,kind,area,tandem,v,h,from,through\nsbc-kmc-wi,kmc,area,LAKE,,,,,2004-06-19\n"
        "sbc-kmc-wi,kmc,mileage,,,5788,3589,,\n"
    ),
    "tandem_areas": "state,tandem,rate_center,from,through\nWI,T1,MILWAUKEE,,\n",
    "arrangements": "originator,third_party,state,from,through\nkmc,sbc,WI,,\n",
    "market_history": "agreement,lata,traffic,first_exchanged\nsbc-kmc-wi,356,isp,2000-05-01\n",
    "usage_history": "agreement,payee,period,isp_ms\nsbc-kmc-wi,kmc,2001-Q1,600000000000\n",
    "sources": "source,party,role,direction,trunk_group,from,through\n"
    "mke-1,kmc,billing,terminating,d1,,\nmke-2,sbc,,,,,\n",
    "billed_history": (
        "agreement,payer,payee,month,class,ms,amount,invoice,paid\nsbc-kmc-wi,sbc,kmc,2003-06,local,60000,-12.345,I-1,yes\n"
        "sbc-kmc-wi,sbc,kmc,2003-07,local,60000,12.34,I-2,10.00\n"
    ),
    "billing_accounts": "agreement,ocn,ban,acna\nsbc-kmc-wi,2588,1234567890123,KMM\n",
}


def write(folder: Path, tables: dict[str, str] | None = None) -> Path:
    """Write tables, the needed ones if none are given, as a workspace; return its folder."""
    (folder / "reference").mkdir(parents=True, exist_ok=True)
    for name, text in (NEEDED if tables is None else tables).items():
        (folder / "reference" / f"{name}.csv").write_bytes(text.encode())
    return folder
