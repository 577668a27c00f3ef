"""Code lists: the official terminologies with their French labels, and this product's own.

Official lists are those of the Agence du Numérique en Santé (*nomenclatures des objets de santé*, TRE_…, Licence
Ouverte 2.0), cut to what a directory of care meets; the ` (SM)` suffixes that some displays carry are left out.
A code that a file uses and that no list has is not an error: it is kept, counted and shown with the file's label.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Literal

from models.offer import AudienceName, ModalityName, Via

Table = Mapping[str, str]
"""A terminology: code → French label."""


class Viewer(StrEnum):
    """Who asks. The server decides it; a caller never does."""

    PUBLIC = "public"
    PROFESSIONAL = "professional"
    REGULATION = "regulation"


VISIBLE: dict[Viewer, frozenset[AudienceName]] = {
    Viewer.PUBLIC: frozenset({"public"}),
    Viewer.PROFESSIONAL: frozenset({"public", "professional"}),
    Viewer.REGULATION: frozenset({"public", "professional", "regulation", "cpts"}),
}

PROFESSIONS: Table = {
    "10": "Médecin",
    "21": "Pharmacien",
    "26": "Audioprothésiste",
    "28": "Opticien-lunetier",
    "31": "Assistant dentaire",
    "32": "Physicien médical",
    "40": "Chirurgien-dentiste",
    "41": "Assistant de service social",
    "50": "Sage-femme",
    "60": "Infirmier",
    "69": "Infirmier psychiatrique",
    "70": "Masseur-kinésithérapeute",
    "71": "Ostéopathe",
    "72": "Psychothérapeute",
    "73": "Chiropracteur",
    "80": "Pédicure-podologue",
    "81": "Orthoprothésiste",
    "82": "Podo-orthésiste",
    "83": "Orthopédiste-orthésiste",
    "84": "Oculariste",
    "85": "Épithésiste",
    "86": "Technicien de laboratoire médical",
    "91": "Orthophoniste",
    "92": "Orthoptiste",
    "93": "Psychologue",
    "94": "Ergothérapeute",
    "95": "Diététicien",
    "96": "Psychomotricien",
    "98": "Manipulateur d'électroradiologie médicale",
    "99": "Autre professionnel",
}
"""TRE_G15 (health professions), TRE_R95 (71, 72, 73, 93: users of a title), TRE_R94 (41), TRE_R291 (99).

93 is closed in TRE_G15 and lives in TRE_R95: both are the same psychologist, the code alone tells.
"""

CATEGORIES: Table = {"C": "Civil", "M": "Militaire", "F": "Fonctionnaire", "E": "Étudiant"}
"""TRE_R09. Students (E) are stored, never offered."""

SKILL_TYPES: Table = {
    "S": "Spécialité ordinale",
    "C": "Compétence",
    "CEX": "Compétence exclusive",
    "CAPA": "Capacité de médecine",
    "DEC": "Droit d'exercice complémentaire",
    "DNQ": "DESC non qualifiant",
    "FQ": "Fonction qualifiée",
    "OP": "Orientation particulière",
    "PAC": "Qualification de praticien adjoint contractuel",
    "SH": "Spécialité de concours hospitalier",
    "SST": "Surspécialité (formation spécialisée transversale)",
}
"""TRE_R04."""

SPECIALTIES: Table = {
    "SCD01": "Orthopédie dento-faciale",
    "SCD02": "Chirurgie orale (chirurgien-dentiste)",
    "SCD03": "Médecine bucco-dentaire",
    "SI01": "Infirmier en pratique avancée",
    "SI02": "IPA oncologie et hémato-oncologie",
    "SI03": "IPA maladie rénale chronique, dialyse, transplantation rénale",
    "SI04": "IPA psychiatrie et santé mentale",
    "SI05": "IPA urgences",
    "SI06": "Infirmier de bloc opératoire",
    "SI07": "Infirmier anesthésiste",
    "SI08": "Infirmier puériculteur",
    "SM01": "Anatomie et cytologie pathologiques",
    "SM02": "Anesthésie-réanimation",
    "SM03": "Biologie médicale",
    "SM04": "Cardiologie et maladies vasculaires",
    "SM05": "Chirurgie générale",
    "SM06": "Chirurgie maxillo-faciale",
    "SM07": "Chirurgie maxillo-faciale et stomatologie",
    "SM08": "Chirurgie orthopédique et traumatologie",
    "SM09": "Chirurgie infantile",
    "SM10": "Chirurgie plastique, reconstructrice et esthétique",
    "SM11": "Chirurgie thoracique et cardio-vasculaire",
    "SM12": "Chirurgie urologique",
    "SM13": "Chirurgie vasculaire",
    "SM14": "Chirurgie viscérale et digestive",
    "SM15": "Dermatologie et vénéréologie",
    "SM16": "Endocrinologie et métabolisme",
    "SM17": "Génétique médicale",
    "SM18": "Gériatrie",
    "SM19": "Gynécologie médicale",
    "SM20": "Gynécologie-obstétrique",
    "SM21": "Hématologie",
    "SM22": "Hématologie, option maladies du sang",
    "SM23": "Hématologie, option onco-hématologie",
    "SM24": "Gastro-entérologie et hépatologie",
    "SM25": "Médecine du travail",
    "SM26": "Qualifié en médecine générale",
    "SM27": "Médecine interne",
    "SM28": "Médecine nucléaire",
    "SM29": "Médecine physique et de réadaptation",
    "SM30": "Néphrologie",
    "SM31": "Neurochirurgie",
    "SM32": "Neurologie",
    "SM33": "Neuropsychiatrie",
    "SM34": "ORL et chirurgie cervico-faciale",
    "SM35": "Oncologie, option onco-hématologie",
    "SM36": "Oncologie, option médicale",
    "SM37": "Oncologie, option radiothérapie",
    "SM38": "Ophtalmologie",
    "SM39": "Oto-rhino-laryngologie",
    "SM40": "Pédiatrie",
    "SM41": "Pneumologie",
    "SM42": "Psychiatrie",
    "SM43": "Psychiatrie de l'enfant et de l'adolescent",
    "SM44": "Radiodiagnostic",
    "SM45": "Radiothérapie",
    "SM46": "Médecine intensive-réanimation",
    "SM47": "Recherche médicale",
    "SM48": "Rhumatologie",
    "SM49": "Santé publique et médecine sociale",
    "SM50": "Stomatologie",
    "SM51": "Gynécologie-obstétrique et gynécologie médicale, option obstétrique",
    "SM52": "Gynécologie-obstétrique et gynécologie médicale, option médicale",
    "SM53": "Spécialiste en médecine générale",
    "SM54": "Médecine générale",
    "SM55": "Radiodiagnostic et radiothérapie",
    "SM56": "Chirurgie orale",
    "SM57": "Allergologie",
    "SM58": "Maladies infectieuses et tropicales",
    "SM59": "Médecine d'urgence",
    "SM60": "Médecine légale et expertises médicales",
    "SM61": "Médecine vasculaire",
    "SM62": "Endocrinologie, diabétologie, nutrition",
    "SM63": "Biologie médicale, option biologie générale",
    "SM64": "Biologie médicale, option médecine moléculaire, génétique et pharmacologie",
    "SM65": "Biologie médicale, option hématologie et immunologie",
    "SM66": "Biologie médicale, option agents infectieux",
    "SM67": "Biologie médicale, option biologie de la reproduction",
    "SM68": "Chirurgie maxillo-faciale (réforme 2017)",
    "SM69": "Chirurgie pédiatrique, option chirurgie viscérale",
    "SM70": "Chirurgie pédiatrique, option orthopédie",
    "SM71": "Hématologie (réforme 2017)",
    "SM72": "Médecine interne et immunologie clinique",
    "SM73": "Médecine cardiovasculaire",
    "SM74": "Radiologie et imagerie médicale",
    "SM75": "Santé publique",
    "SM76": "Anesthésie-réanimation, option anesthésie pédiatrique",
    "SM77": "Chirurgie maxillo-faciale, option orthodontie des dysmorphies",
    "SM78": "Chirurgie viscérale et digestive, option endoscopie chirurgicale",
    "SM79": "Médecine cardiovasculaire, option cardiologie interventionnelle",
    "SM80": "Médecine cardiovasculaire, option imagerie d'expertise",
    "SM81": "Médecine cardiovasculaire, option rythmologie et stimulation cardiaque",
    "SM82": "Médecine intensive-réanimation, option réanimation pédiatrique",
    "SM83": "Néphrologie, option soins intensifs néphrologiques",
    "SM84": "Neurologie, option traitement de l'ischémie cérébrale aiguë",
    "SM85": "Ophtalmologie, option chirurgie pédiatrique et strabologique",
    "SM86": "ORL et chirurgie cervico-faciale, option audiophonologie",
    "SM87": "Pédiatrie, option néonatologie",
    "SM88": "Pédiatrie, option neuropédiatrie",
    "SM89": "Pédiatrie, option pneumopédiatrie",
    "SM90": "Pédiatrie, option réanimation pédiatrique",
    "SM91": "Pneumologie, option soins intensifs respiratoires",
    "SM92": "Psychiatrie, option enfant et adolescent",
    "SM93": "Psychiatrie, option psychiatrie de la personne âgée",
    "SM94": "Radiologie et imagerie médicale, option radiologie interventionnelle avancée",
    "SM95": "Santé publique, option administration de la santé",
    "SP01": "Radiopharmacie",
    "SP02": "Hygiène hospitalière",
    "SP03": "Pharmacovigilance",
    "SP04": "Hémovigilance",
}
"""TRE_R38, the specialties of doctors (SM), dentists (SCD), nurses (SI) and, closed since 2018, pharmacists (SP).

The head of a group carries the name that suits the whole group (see `SPECIALTY_GROUPS`).
"""

SPECIALTY_GROUPS: dict[str, frozenset[str]] = {
    "SM54": frozenset({"SM54", "SM53", "SM26"}),
    "SM04": frozenset({"SM04", "SM73", "SM79", "SM80", "SM81"}),
    "SM38": frozenset({"SM38", "SM85"}),
    "SM40": frozenset({"SM40", "SM87", "SM88", "SM89", "SM90"}),
    "SM20": frozenset({"SM20", "SM51"}),
    "SM19": frozenset({"SM19", "SM52"}),
    "SM34": frozenset({"SM34", "SM39", "SM86"}),
    "SM42": frozenset({"SM42", "SM93"}),
    "SM43": frozenset({"SM43", "SM92"}),
    "SM32": frozenset({"SM32", "SM84"}),
    "SM41": frozenset({"SM41", "SM91"}),
    "SM62": frozenset({"SM62", "SM16"}),
    "SM74": frozenset({"SM74", "SM44", "SM55", "SM94"}),
    "SM30": frozenset({"SM30", "SM83"}),
    "SM72": frozenset({"SM72", "SM27"}),
    "SM14": frozenset({"SM14", "SM78"}),
    "SI01": frozenset({"SI01", "SI02", "SI03", "SI04", "SI05"}),
    "SM02": frozenset({"SM02", "SM76"}),
    "SM03": frozenset({"SM03", "SM63", "SM64", "SM65", "SM66", "SM67"}),
    "SM06": frozenset({"SM06", "SM07", "SM68", "SM77"}),
    "SM09": frozenset({"SM09", "SM69", "SM70"}),
    "SM21": frozenset({"SM21", "SM22", "SM23", "SM71"}),
    "SM45": frozenset({"SM45", "SM37"}),
    "SM46": frozenset({"SM46", "SM82"}),
    "SM49": frozenset({"SM49", "SM75", "SM95"}),
    "SM56": frozenset({"SM56", "SCD02"}),
}
"""Codes that a person looking for care means together: head → members, the head among them.

The pairs that reforms left in TRE_R38 (2008, 2017, 2023) and the options of one specialty.
"""

_HEADS = {member: head for head, members in SPECIALTY_GROUPS.items() for member in members}

SECTORS_OF_ACTIVITY: Table = {
    "SA01": "Établissement public de santé",
    "SA02": "Hôpital militaire du Service de santé des armées",
    "SA03": "Établissement privé participant au service public hospitalier",
    "SA04": "Établissement privé ne participant pas au service public hospitalier",
    "SA05": "Centre de santé",
    "SA06": "Autre structure du Service de santé des armées",
    "SA07": "Cabinet individuel",
    "SA08": "Cabinet de groupe",
    "SA09": "Exercice en société",
    "SA10": "Transporteur sanitaire",
    "SA12": "Établissement de soins et prévention",
    "SA13": "Prévention et soins en entreprise",
    "SA14": "Établissement scolaire, universitaire ou de formation",
    "SA15": "PMI et planification familiale",
    "SA16": "Établissement pour personnes handicapées",
    "SA17": "Établissement pour personnes âgées",
    "SA18": "Établissement d'aide à la famille",
    "SA19": "Établissement de formation aux professions sanitaires et sociales",
    "SA20": "Établissement pour la protection de l'enfance",
    "SA21": "Établissement d'hébergement et de réadaptation",
    "SA22": "Recherche",
    "SA23": "Assurance privée",
    "SA24": "Organisme de sécurité sociale",
    "SA25": "Laboratoire de biologie médicale",
    "SA26": "Ministère ou service déconcentré",
    "SA27": "Collectivité territoriale",
    "SA28": "Association ou organisme humanitaire",
    "SA29": "Laboratoire d'analyses et de biologie médicale",
    "SA30": "Autre établissement sanitaire",
    "SA31": "Répartition et distribution de médicaments et dispositifs médicaux",
    "SA32": "Fabrication de médicaments et dispositifs médicaux",
    "SA33": "Pharmacie d'officine",
    "SA34": "Centre de dialyse",
    "SA35": "Parapharmacie",
    "SA36": "Centre de lutte contre le cancer",
    "SA37": "Centre de transfusion sanguine",
    "SA38": "Pharmacie minière",
    "SA39": "Pharmacie mutualiste",
    "SA40": "Secteur privé d'un praticien hospitalier",
    "SA41": "Autre établissement social ou médico-social",
    "SA42": "Appareillage médical",
    "SA43": "Secteur non défini",
    "SA44": "Recrutement ou gestion des ressources humaines",
    "SA45": "Communication, marketing, conseil, média",
    "SA46": "Industrie et distribution de médicaments et dispositifs médicaux",
    "SA47": "Incendie et secours",
    "SA48": "Entreprise hors industrie pharmaceutique",
    "SA49": "Entité outre-mer",
    "SA50": "Permanence des soins ambulatoires hors cabinet",
    "SA51": "Structure de coopération avec autorisation de soins",
    "SA52": "Maison ou pôle de santé",
    "SA53": "Siège administratif d'un établissement de santé",
    "SA54": "Centre de dépistage et de prévention",
    "SA55": "Laboratoire préparant et délivrant des allergènes",
    "SA56": "Propharmacie",
    "SA57": "Structure de coopération avec mission de coordination de soins",
    "SA58": "Entreprise de taxis",
    "SA59": "Laboratoire de biologie médicale hors catégorie standard",
    "SA60": "Centre médical SNCF",
    "SA61": "Dispensation à domicile d'oxygène à usage médical",
    "SA63": "Structure de coordination et d'orientation",
    "SA64": "Société de téléconsultation",
    "SA65": "Antenne de pharmacie",
    "SA66": "Service de prévention et de santé au travail",
    "SA67": "Maison médicale de garde",
    "SA68": "Service départemental d'incendie et de secours",
    "SA69": "Maison de naissance",
}
"""TRE_R02."""

MODES: Table = {"L": "Libéral", "S": "Salarié", "B": "Bénévole"}
"""TRE_R23, how an activity is exercised."""

GENRES: Table = {
    "GENR01": "Activité de soin ou de pharmacie",
    "GENR02": "Activité de soin ou de pharmacie en tant que remplaçant",
    "GENR03": "Remplacement dans une activité de soins",
    "GENR04": "Activité non soignante",
    "GENR06": "Délégation de responsabilité",
    "GENR08": "Coordination et orientation",
    "GENR09": "Activité sociale",
    "GENR10": "Activité médico-sociale",
    "GENR11": "Accompagnement social",
    "GENR12": "Accompagnement médico-social",
    "GENR13": "Activité médico-administrative",
    "GENR99": "Autre activité",
}
"""TRE_R22, kinds of activity. A directory for patients offers GENR01, or none given."""

STRUCTURE_TYPES: Table = {
    "101": "Centre hospitalier régional (CHR)",
    "106": "Centre hospitalier (ex-hôpital local)",
    "109": "Établissement de santé privé autorisé en soins de suite",
    "124": "Centre de santé",
    "127": "Hospitalisation à domicile",
    "128": "Établissement de soins chirurgicaux",
    "129": "Établissement de soins médicaux",
    "131": "Centre de lutte contre le cancer",
    "141": "Centre de dialyse",
    "146": "Structure d'alternative à la dialyse en centre",
    "156": "Centre médico-psychologique (CMP)",
    "182": "Service d'éducation spéciale et de soins à domicile (SESSAD)",
    "183": "Institut médico-éducatif (IME)",
    "192": "Institut d'éducation motrice",
    "202": "Résidence autonomie",
    "209": "Service autonomie à domicile, aide et soins",
    "223": "Protection maternelle et infantile (PMI)",
    "246": "Établissement et service d'aide par le travail (ESAT)",
    "286": "Club ou équipe de prévention",
    "292": "Centre hospitalier spécialisé en santé mentale",
    "300": "École formant aux professions sanitaires",
    "330": "École formant aux professions sociales",
    "354": "Service de soins infirmiers à domicile (SSIAD)",
    "355": "Centre hospitalier",
    "365": "Établissement de soins pluridisciplinaire",
    "379": "Établissement expérimental pour adultes handicapés",
    "425": "Centre d'accueil thérapeutique à temps partiel (CATTP)",
    "437": "Foyer d'accueil médicalisé (FAM)",
    "445": "Service d'accompagnement médico-social pour adultes handicapés (SAMSAH)",
    "446": "Service d'accompagnement à la vie sociale (SAVS)",
    "500": "EHPAD",
    "603": "Maison de santé pluriprofessionnelle (MSP)",
    "604": "Communauté professionnelle territoriale de santé (CPTS)",
    "610": "Laboratoire d'analyses",
    "611": "Laboratoire de biologie médicale",
    "620": "Pharmacie d'officine",
    "627": "Propharmacie",
    "cabinet": "Cabinet libéral",
    "sos": "SOS Médecins",
    "mmg": "Maison médicale de garde",
}
"""TRE_R397 / TRE_R66, the FINESS categories, then our own: `cabinet`, `sos`, `mmg`."""

_SECTOR_STRUCTURE_TYPES: Table = {
    "SA01": "355",
    "SA05": "124",
    "SA07": "cabinet",
    "SA08": "cabinet",
    "SA09": "cabinet",
    "SA15": "223",
    "SA17": "500",
    "SA25": "611",
    "SA29": "611",
    "SA33": "620",
    "SA34": "141",
    "SA36": "131",
    "SA52": "603",
    "SA56": "627",
    "SA65": "620",
    "SA67": "mmg",
}

CONVENTION_SECTORS: Table = {
    "0": "Non conventionné",
    "1": "Secteur 1",
    "2": "Secteur 2",
    "3": "Secteur 1 avec droit permanent à dépassement",
}
"""Ours: the sector as people say it. `CNAM_SECTORS` maps the codes of the insurance files to it."""

CNAM_SECTORS: Table = {"0": "0", "1": "1", "2": "3", "3": "2", "nc": "0", "c1": "1", "c2": "3", "c3": "2"}
"""TRE_R282 and the *Annuaire santé Ameli*, code → ours: there 3 is "honoraires libres", labelled "Secteur 2"."""

LANGUAGES: Table = {
    "ar": "Arabe",
    "ber": "Berbère",
    "br": "Breton",
    "bn": "Bengali",
    "co": "Corse",
    "de": "Allemand",
    "el": "Grec",
    "en": "Anglais",
    "es": "Espagnol",
    "eu": "Basque",
    "fa": "Persan",
    "fr": "Français",
    "fsl": "Langue des signes française",
    "gcf": "Créole antillais",
    "he": "Hébreu",
    "hi": "Hindi",
    "hy": "Arménien",
    "it": "Italien",
    "ja": "Japonais",
    "ka": "Géorgien",
    "km": "Khmer",
    "ku": "Kurde",
    "ln": "Lingala",
    "mg": "Malgache",
    "nl": "Néerlandais",
    "oc": "Occitan",
    "pl": "Polonais",
    "ps": "Pachto",
    "pt": "Portugais",
    "rcf": "Créole réunionnais",
    "ro": "Roumain",
    "ru": "Russe",
    "so": "Somali",
    "sq": "Albanais",
    "ta": "Tamoul",
    "tr": "Turc",
    "uk": "Ukrainien",
    "ur": "Ourdou",
    "vi": "Vietnamien",
    "wo": "Wolof",
    "zh": "Chinois",
}
"""ISO 639-1, or 639-2/3 where it has none (`ber`, `fsl`, `gcf`, `rcf`): what is spoken in French consulting rooms."""

CARE: Table = {
    "consultation-non-programmee": "Consultation sans rendez-vous",
    "visite-domicile": "Visite à domicile",
    "visite-ehpad": "Visite en EHPAD",
    "suture": "Suture de plaie",
    "petite-traumatologie": "Petite traumatologie",
    "immobilisation": "Immobilisation, plâtre, attelle",
    "brulure": "Brûlure bénigne",
    "pansement-complexe": "Pansement complexe",
    "injection": "Injection",
    "perfusion-domicile": "Perfusion à domicile",
    "prelevement-domicile": "Prélèvement à domicile",
    "drainage-bronchique": "Drainage bronchique du nourrisson",
    "drainage-lymphatique": "Drainage lymphatique",
    "reeducation-domicile": "Rééducation à domicile",
    "soins-palliatifs": "Soins palliatifs",
    "suivi-grossesse": "Suivi de grossesse",
    "suivi-post-partum": "Suivi après la naissance",
    "contraception": "Contraception",
    "ivg-medicamenteuse": "IVG médicamenteuse",
    "frottis": "Frottis de dépistage",
    "vaccination": "Vaccination",
    "test-rapide": "Test rapide (angine, grippe, Covid)",
    "depistage-ist": "Dépistage des infections sexuellement transmissibles",
    "pediatrie-courante": "Pédiatrie courante",
    "urgence-dentaire": "Urgence dentaire",
    "urgence-ophtalmologique": "Urgence ophtalmologique",
    "extraction-corps-etranger": "Extraction de corps étranger",
    "bouchon-cerumen": "Bouchon de cérumen",
    "retention-urinaire": "Sondage urinaire",
    "suivi-diabete": "Suivi du diabète",
    "addictologie": "Addictologie",
    "sante-mentale": "Soutien en santé mentale",
    "certificat-deces": "Certificat de décès",
}
"""Ours, *prises en charge* (PEC): everyday care that unscheduled requests are about, whoever gives it."""

EQUIPMENT: Table = {
    "ecg": "Électrocardiographe",
    "echographe": "Échographe",
    "radiographie": "Radiographie",
    "scanner": "Scanner",
    "irm": "IRM",
    "table-examen-bariatrique": "Table d'examen bariatrique",
    "table-hauteur-variable": "Table d'examen à hauteur variable",
    "leve-personne": "Lève-personne",
    "spirometre": "Spiromètre",
    "oxygene": "Oxygène",
    "aerosol": "Aérosol",
    "defibrillateur": "Défibrillateur",
    "holter": "Holter",
    "dermatoscope": "Dermatoscope",
    "otoscope-video": "Vidéo-otoscope",
    "lampe-a-fente": "Lampe à fente",
    "retinographe": "Rétinographe",
    "materiel-suture": "Matériel de suture",
    "analyse-capillaire": "Analyse sanguine capillaire (CRP, troponine)",
    "monitoring-foetal": "Monitoring fœtal",
    "cabine-teleconsultation": "Cabine de téléconsultation",
    "boucle-magnetique": "Boucle magnétique (malentendants)",
}
"""Ours, *matériel*: what makes a place able to keep a patient out of an emergency department."""

VIAS: Mapping[Via, str] = {
    "individual": "à titre individuel",
    "cpts": "par une CPTS",
    "msp": "par une maison de santé",
    "sos": "par SOS Médecins",
    "cds": "par un centre de santé",
}
"""Through whom a professional takes part in the Service d'accès aux soins."""

MODALITIES: Mapping[ModalityName, str] = {
    "cabinet": "Au cabinet",
    "teleconsultation": "Téléconsultation",
    "domicile": "À domicile",
}

AUDIENCES: Mapping[AudienceName, str] = {
    "public": "Grand public",
    "professional": "Professionnels de santé",
    "regulation": "Régulation du SAS",
    "cpts": "Membres de la CPTS",
}
"""From the widest to the narrowest."""

FHIR_MODALITIES: Mapping[str, ModalityName] = {"AMB": "cabinet", "VR": "teleconsultation", "HH": "domicile"}
"""HL7 v3-ActCode, as SAS slots use it."""

FHIR_AUDIENCES: Mapping[str, AudienceName] = {
    "PUBLIC": "public",
    "PRO": "professional",
    "SNP": "regulation",
    "CPTS": "cpts",
}
"""TRE_R314-TypeCreneau."""

FHIR_KINDS: Mapping[str, Literal["creneau", "plage"]] = {"ROUTINE": "creneau", "WALKIN": "plage"}
"""HL7 v2-0276: a slot with an appointment, a period without."""

TERMINOLOGIES: dict[str, Table] = {
    "profession": PROFESSIONS,
    "category": CATEGORIES,
    "skill_type": SKILL_TYPES,
    "specialty": SPECIALTIES,
    "sector_of_activity": SECTORS_OF_ACTIVITY,
    "mode": MODES,
    "genre": GENRES,
    "structure_type": STRUCTURE_TYPES,
    "sector": CONVENTION_SECTORS,
    "language": LANGUAGES,
    "care": CARE,
    "equipment": EQUIPMENT,
}
"""Every list by the name under which its unknown codes are counted."""


def label(table: Mapping[str, str], code: str) -> str:
    """The French label of a code, or the code itself when the list does not have it."""
    return table.get(code, code)


def specialty_head(code: str) -> str:
    """The code that stands for all those searched together with this one; a code outside the groups is its own."""
    return _HEADS.get(code, code)


def structure_type_of_sector(sector: str) -> str | None:
    """The type of the structure where someone practises, from TRE_R02, when FINESS does not tell; else None."""
    return _SECTOR_STRUCTURE_TYPES.get(sector)


def widest_audience(labels: Iterable[str]) -> AudienceName:
    """The widest audience of a slot's TRE_R314 labels; without a known one, the regulation only (fail closed)."""
    given = {FHIR_AUDIENCES[code] for code in labels if code in FHIR_AUDIENCES}
    return next((audience for audience in AUDIENCES if audience in given), "regulation")
