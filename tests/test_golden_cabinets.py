"""Cabinets of the shipped tables that histories confirm: one row per fact, named in its comment."""

from __future__ import annotations

import pandas as pd
import pytest
import shipped
from golden import keyed, load, members, names

pytestmark = shipped.needed


def cabinet(country: str, start: str) -> pd.Series:
    rows = load("coalitions")
    found = rows[(rows["arena"] == country) & (rows["start"] == pd.Timestamp(start))]
    found = found[found["family"] == "governing"]
    assert len(found) == 1
    return found.iloc[0]


# Country, first day, parties (the prime minister's first; `-`: no single leader).
CABINETS = [
    ("AUT", "1987-01-21", "SPO, OVP"),  # Vranitzky: grand coalition after Haider took the FPO
    ("AUT", "2000-02-04", "OVP, FPO"),  # Schuessel: the European Union answers with sanctions
    ("AUT", "2020-01-07", "OVP, Gruene"),  # Kurz: first with the Greens
    ("AUS", "1949-12-19", "LPA, NCP|NPA"),  # Menzies returns
    ("BEL", "1999-07-12", "PVV|VLD, PRL, PS, SP, AGL-Gr, Ecolo"),  # Verhofstadt: the rainbow
    # Di Rupo: after 541 days without a government.
    ("BEL", "2011-12-06", "PS, SP, CVP|CD&V, PSC-CDH, MR, PVV|VLD"),
    # The magic formula.
    ("CHE", "1959-12-17", "-, FDP-PRD, KK/CVP, SP-PS, SVP-UDC"),
    ("CZE", "2021-12-17", "ODS, KDU-CSL, TOP09, STAN, Pi"),  # Fiala: five parties of two lists
    ("DEU", "1966-12-01", "CDU+CSU, SPD"),  # Kiesinger: the first grand coalition
    ("DEU", "1969-10-22", "SPD, FDP"),  # Brandt: first chancellor of the SPD since 1930
    ("DEU", "1998-10-27", "SPD, B90/Gru"),  # Schroeder: red and green
    ("DEU", "2005-11-22", "CDU+CSU, SPD"),  # Merkel
    ("DEU", "2021-12-08", "SPD, B90/Gru, FDP"),  # Scholz: the traffic light
    ("DNK", "1982-09-10", "KF, CD, KrF, V"),  # Schlueter: the four-leaf clover
    ("DNK", "1993-01-25", "Sd, CD, KrF, RV"),  # Poul Nyrup Rasmussen: a majority of four parties
    ("DNK", "2022-12-15", "Sd, V, M"),  # Frederiksen: across the blocs
    ("EST", "1992-10-21", "RKI, ERSP, SDE|M"),  # Laar: first after independence
    ("FIN", "1966-05-27", "SSDP, KESK, DL|VAS, TPSL"),  # Paasio: the communists return
    ("FIN", "1987-04-30", "KOK, SSDP, RKP-SFP, SP|P"),  # Holkeri: blue and red
    ("FIN", "1995-04-13", "SSDP, KOK, DL|VAS, RKP-SFP, VIHR"),  # Lipponen: the rainbow
    ("FIN", "2019-12-10", "SSDP, KESK, VIHR, DL|VAS, RKP-SFP"),  # Marin
    ("FRA", "1981-06-23", "PS, PCF, PRG"),  # Mauroy II: communists for the first time since 1947
    ("FRA", "1986-03-20", "RPR, UDF|MD"),  # Chirac: the first cohabitation
    ("FRA", "1997-06-02", "PS, PCF, V, MDC, PRG"),  # Jospin: the plural left
    ("GBR", "2010-05-11", "Con, Lib"),  # Cameron and Clegg
    ("GRC", "1989-07-02", "ND, SYN"),  # Tzannetakis: conservatives with communists
    ("GRC", "2011-11-11", "none, PASOK, ND, LAOS"),  # Papademos
    ("GRC", "2015-01-27", "SYRIZA, ANEL"),  # Tsipras
    ("HRV", "2016-10-19", "HDZ, Most"),  # Plenkovic
    ("HUN", "1994-07-15", "MSZP, SzDSz"),  # Horn: former communists with former dissidents
    ("HUN", "1998-07-06", "Fi-MPSz, FKgP, MDF"),  # Orban
    ("IRL", "1948-02-18", "FG, Lab, CnP, CnT, NL"),  # Costello: the first inter-party government
    ("IRL", "1994-12-15", "FG, Lab, DLP"),  # Bruton: the rainbow, without an election
    ("IRL", "2020-06-27", "FF, FG, Green"),  # Martin: the parties of the civil war together
    ("ISL", "1944-10-21", "Sj, A, SA-S"),  # Thors: the modernisation government
    ("ISL", "2009-02-01", "Sam, Graen"),  # Sigurdardottir, after the banks had failed
    ("ISL", "2017-11-30", "Graen, F, Sj"),  # Jakobsdottir
    ("ISR", "1967-06-05", "Ma|Av, L, Rafi, MDL|HH"),  # Eshkol: national unity on the day of the war
    ("ISR", "1977-06-20", "L, MDL|HH, Sh"),  # Begin: the first without Labour
    ("ISR", "2021-06-13", "Y, YA, KL, NH, Ma|Av, YB, Meretz"),  # Bennett: the change government
    ("ITA", "1947-02-02", "DC, PCI, PSI"),  # De Gasperi: the last with the communists
    ("ITA", "1963-12-04", "DC, PSI, PSDI, PRI"),  # Moro: the organic centre-left
    ("ITA", "1983-08-04", "PSI, DC, PSDI, PRI, PLI"),  # Craxi: the five parties
    ("ITA", "2022-10-22", "FdI, LN, FI-PdL"),  # Meloni
    ("JPN", "1994-06-30", "JSP, LDP, NPS"),  # Murayama: the LDP with its old opponents
    ("JPN", "2009-09-16", "DPJ, JSP, PNP"),  # Hatoyama
    ("LTU", "2012-12-13", "LSDP, DP, TT-LDP, LLRA"),  # Butkevicius
    (
        "LUX",
        "2013-12-04",
        "DP, LSAP, Greng",
    ),  # Bettel: first without Christian democrats since 1979
    ("LVA", "2019-01-23", "V, JKP, KPV-LV, LA, NA/TB/LNNK"),  # Karins
    ("NLD", "1973-05-11", "PvdA, KVP, ARP, D66, PPR"),  # Den Uyl
    ("NLD", "1994-08-22", "PvdA, VVD, D66"),  # Kok: purple, first without Christians since 1918
    ("NOR", "1963-08-28", "H, Sp, V, KrF"),  # Lyng: four weeks after Kings Bay
    ("NOR", "2005-10-17", "DNA, SV, Sp"),  # Stoltenberg: red and green
    ("NOR", "2013-10-16", "H, Fr"),  # Solberg
    ("NZL", "1996-12-16", "NP, NZFP"),  # Bolger: first after the electoral reform
    ("NZL", "2017-10-26", "LP, NZFP"),  # Ardern
    ("POL", "2007-11-16", "PO, PSL"),  # Tusk
    ("PRT", "1983-06-09", "PS, PSD"),  # Soares: the central bloc
    ("ROU", "2021-11-25", "PNL, PSD, UDMR"),  # Ciuca
    ("SVK", "1994-12-13", "HZDS, ZRS, SNS"),  # Meciar
    ("SVK", "1998-10-30", "SDK, SDL, MK, SOP"),  # Dzurinda
    ("SWE", "1939-12-13", "SAP, M, C, FP"),  # Hansson: the wartime coalition
    ("TUR", "1991-11-20", "DYP, SHP|CHP"),  # Demirel
    ("TUR", "1996-06-28", "RP, DYP"),  # Erbakan: the first Islamist prime minister
    ("TUR", "1999-05-28", "DSP, MHP, ANAP"),  # Ecevit
]


@pytest.mark.parametrize(("country", "start", "parties"), CABINETS)
def test_cabinets(country: str, start: str, parties: str) -> None:
    found = cabinet(country, start)
    leader, _, _ = parties.partition(", ")
    assert set(members(found["coalition_id"])["abbreviation"]) == names(parties) - {"-"}
    abbreviation = keyed("actors", "actor_id")["abbreviation"]
    assert ("-" if pd.isna(found["leader"]) else abbreviation[found["leader"]]) == leader


# Country, first day, last day (None: not checked), cause of the end.
CABINET_ENDS = [
    ("DEU", "1969-10-22", "1972-12-15", "early_election"),  # Brandt loses the vote to dissolve
    ("FRA", "1962-04-15", "1962-12-06", "lost_confidence"),  # the only censure before 2024
    ("GBR", "1940-05-10", "1945-05-23", "party_change"),  # Labour leaves the wartime coalition
    ("ISR", "1988-12-22", "1990-03-15", "lost_confidence"),  # the dirty trick
    ("ITA", "1947-02-02", "1947-05-31", "party_change"),  # De Gasperi goes on without communists
    ("NLD", "2007-02-22", "2010-02-23", "party_change"),  # over Uruzgan
    ("NOR", "1963-08-28", "1963-09-25", "lost_confidence"),  # the two socialists vote with Labour
    ("POL", "1991-12-23", "1992-06-05", "lost_confidence"),  # Olszewski: the night of the files
    ("ROU", "2020-12-23", "2021-11-25", "lost_confidence"),  # Citu
    ("SVK", "2010-07-08", None, "lost_confidence"),  # Radicova, over the euro's rescue
]


@pytest.mark.parametrize(("country", "start", "end", "cause"), CABINET_ENDS)
def test_ends_of_cabinets(country: str, start: str, end: str | None, cause: str) -> None:
    found = cabinet(country, start)
    assert end is None or found["end"] == pd.Timestamp(end)
    assert found["end_cause"] == cause


# Country, first day of the cabinet, seats of the chamber, seats of the parties.
SEATS = [
    ("DEU", "1949-09-20", 402, {"CDU+CSU": 139, "FDP": 52, "DP": 17}),  # the first Bundestag
    ("DEU", "2021-12-08", 736, {"SPD": 206, "B90/Gru": 118, "FDP": 92}),  # the largest
    ("GBR", "2010-05-11", 650, {"Con": 307, "Lib": 57}),  # the Speaker counted
    ("GRC", "2011-11-11", 300, {"PASOK": 160, "ND": 91, "LAOS": 15}),  # elected in 2009
    ("IRL", "1989-07-12", 166, {"FF": 77, "PD": 6}),  # Fianna Fail's first coalition
    ("ISR", "1977-10-24", 120, {"L": 45, "TDL": 15, "MDL|HH": 12}),  # the upheaval
    ("NOR", "2013-10-16", 169, {"H": 48, "Fr": 29}),
    ("SWE", "1991-10-03", 349, {"M": 80, "FP": 33, "C": 31, "KD": 26}),  # Bildt
    ("TUR", "1999-05-28", 550, {"DSP": 136, "MHP": 129, "ANAP": 86}),
]


@pytest.mark.parametrize(("country", "start", "chamber", "seats"), SEATS)
def test_seats(country: str, start: str, chamber: int, seats: dict[str, int]) -> None:
    found = cabinet(country, start)
    power = load("power").merge(load("actors")[["actor_id", "abbreviation"]], on="actor_id")
    rows = power[(power["coalition_id"] == found["coalition_id"]) & (power["resource"] == "seats")]
    values = rows.set_index("abbreviation")["value"]
    assert found["chamber_seats"] == chamber
    assert {party: values[party] for party in seats} == seats


# Coalition, party, the day on which it left early.
DEFECTORS = [
    ("gov-parlgov-16", "M", "1981-05-04"),  # Sweden: the Moderates over taxes
    ("gov-parlgov-173", "Green", "2011-01-23"),  # Ireland
    ("gov-parlgov-336", "CDS-PP", "1978-07-24"),  # Portugal
    ("gov-parlgov-343", "FDP", "1982-09-17"),  # Germany: the turn
    ("gov-parlgov-431", "PVV|VLD", "2010-04-22"),  # Belgium, over Brussels-Halle-Vilvoorde
    ("gov-parlgov-477", "TP", "2010-03-17"),  # Latvia
    ("gov-parlgov-547", "KDH", "2006-02-08"),  # Slovakia, over the treaty with the Holy See
    ("gov-parlgov-599", "PSD", "2009-10-01"),  # Romania
]


@pytest.mark.parametrize(("coalition", "party", "left"), DEFECTORS)
def test_defectors(coalition: str, party: str, left: str) -> None:
    row = members(coalition).set_index("abbreviation").loc[party]
    assert (row["left"], row["exit_cause"]) == (pd.Timestamp(left), "left_early")
