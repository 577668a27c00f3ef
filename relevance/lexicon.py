"""French words that a request holds beside its criteria, and names that look like other words. Folded. Pure data."""

from typing import Final

FILLERS: Final = frozenset(
    "acceptes acceptee acceptees accepter suit autour alentour alentours ne ici tel toujours "
    "actuellement sinon cordialement rien tout toute tous "
    "toutes dire savoir "
    "a accueille accueillir ai aide aider ait alors appeler assez au aupres aurait aurais auriez aussi aux avec "
    "avez avoir ayant besoin bien bjr bonjour bonsoir c ce cela celui cet cette chercher cherche cherchons chez ci "
    "comme consultation consulter creneau creneaux d dans de des dispo disponibilite disponibilites disponible "
    "dispos donc du elle elles en encore est et etre faire faut fait il ils j je l la le les lui m ma madame me "
    "merci mes mme moi mon monsieur mr n nos notre nous on ou ouvert ouverte ouverts par patient patiente patients "
    "peut peuvent pour pourra pourrait pouvant pouvoir prenant prend prendre prenne prennent proche pres qu quel "
    "quelle quelqu qui quand que rdv recherche recherchons recoit recevoir rendez s sa salut se serait ses si soit "
    "son sont souhaite sur svp t te toi trouver trouve tres un une urgemment vais va veux veut vite vers voir "
    "voudrais voulais vouloir vous voie y ya etait propose proposant faisant fasse donne donnant possible possibles "
    "plait stp jour dispose disposant equipe equipee equipes equipement materiel exerce exercant intervenant "
    "intervient professionnel professionnelle professionnels sante specialiste specialistes specialite soignant "
    "soin soins medical medicale medicaux examen passer obtenir accepte acceptant acceptent avis heure lieu endroit "
    "ville commune quartier partir jusque dont ainsi car etc donner donnez trouvez cherchez indiquer indiquez "
    "connaitre connaissez quelconque importe lequel laquelle peux pouvez puis puisse puissent suis sommes aimerais "
    "aimerait quelque quelques plusieurs deux liste annuaire adresse numero telephone contact coordonnees joindre "
    "proximite souvent besoins libre libres disponibles medicales liberal liberale liberaux liberales "
    "eme arrondissement arr".split()
)
"""Words that say nothing of what is searched: left out without a word."""

PARTICLES: Final = frozenset("d da de del des di du el l la le les van von ben al".split())
"""Words that may begin a name."""

NEGATORS: Final = frozenset("pas sans sauf hors aucun aucune ni non excepte jamais".split())
"""Words after which a criterion is not asked."""
AFTER_NEGATOR: Final = frozenset("d de du en a au la le les l un une".split())
"""Words that may stand between a negation and what it denies."""

ORDINARY: Final = frozenset(
    "garde gardes astreinte abces accident adulte affection age agee agees agite aigu aigue allergie "
    "allergique allergies ami an analyse "
    "analyses angine angoisse ans anxiete apres arret arthrose arthroses asthme attente aujourd autre autres avant "
    "avc baisse bas bebe bebes besoins blessure bouche bouton boutons bras bronchite bronchiolite brulure brulures "
    "ca cancer cas cause certificat cervicale chaud cheville cheveux chien chirurgie chronique chute coeur colique "
    "contre controle convulsion cote cou coude coup coupe coupure covid crampe crise cystite date debut depression "
    "dent dents depuis derniere diarrhee dialyse difficile doigt doigts dos douleur douleurs douloureux douce droit "
    "droite dur eczema enceinte enfant enfants entorse epaule epilepsie estomac eventuellement examens faible "
    "famille fatigue femme femmes fievre fievreux fille fils foie fois fort forte fracture frais froid gastro "
    "gauche genou genoux gorge grave grippe gros grosse grossesse handicape handicapee heures homme hommes "
    "hypertension infection intestin irritation jambe jambes jeune jeunes joue journee jours kg kilo km lait "
    "lendemain lombaire lumbago machoire maison mal malade malades malaise maladie main mains maman mari matin maux "
    "medicament medicaments mere mieux migraine migraines mineur minutes mois moins monde mordu morsure mort muscle "
    "nausee neuf nez nourrisson nuit nuits occupe oeil oreille oreilles ordonnance os otite ongle palpitations "
    "panique papa pansement parents peau pediatrique pere perdu personne personnes petit petite petits peur pied "
    "pieds piqure plaie plaies plus poids poignet poitrine pouls poumon pression prix probleme problemes prochain "
    "prochaine promo quelquun reflux regles reins remboursement remplacant remplacante renouvellement renouveler "
    "resultat resultats rhume rougeur rougeurs saigne saignement saignements sang sciatique scolaire semaine "
    "semaines sein senior seniors seule sinusite soeur soir sommeil sport sportif stress stresse suite suivi "
    "surtout symptome symptomes tabac tension tete tendinite tensions thyroide torticolis tot toujours tour tousse "
    "toux trauma traumatisme travail troubles tard tarif tarifs transport trop ulcere urgence urgences urinaire "
    "urine utile vacances varicelle varices vertige vertiges veterinaire ventre vie vieux vomissement vomissements "
    "vomit yeux zona ophtalmique infirme gratuit gratuite cher chere bon bonne meilleur meilleure sympa gentil "
    "gentille competent competente recommande homeo mutuelle cmu css ame carte vitale tiers payant dossier avocat "
    "garage coiffeur plombier restaurant magie sorcier pizza train gare aeroport parking bus metro tram mairie "
    "ecole creche lycee college tranquille rapide rapidement rapides thoracique abdominale abdominal aigues "
    "prothese lunettes lentilles appareil auditif couronne implant detartrage carie gencive gencives chat voyage "
    "visage test tests bilan bilans operation opere operee hospitalisation hospitalise sortie entree ambulance taxi "
    "vsl samu pompier pompiers police gynecologique cardiaque respiratoire digestif digestive dentaire oculaire "
    "mentale mental psychique moral suicide suicidaire alcool drogue sevrage dependance addict chimio dialysee "
    "diabete diabetique obese obesite maigre nutrition regime allaitement accouchement accoucher naissance pilule "
    "sterilet avortement fausse couche menopause prostate quinze vingt trente quarante minute secondes seconde "
    "mensuel annuel premiere premier second dernier".split()
)
"""Words of a request that are no criterion of ours and no name: they are said not to be understood."""

ORDINARY_ENDINGS: Final = (
    "ique", "iques", "tion", "tions", "ologie", "ement", "algie", "ite", "ites", "isme", "eux", "euse", "ation", "able",
    "ables", "rapie", "scopie", "gramme", "graphie", "ologue", "iatre", "aire", "aires", "ment", "ments", "ance", "age",
)  # fmt: skip
"""Ends of long words that are rarely those of a name typed without a capital."""

UNITS: Final = frozenset(
    "ans an mois jours jour kg h heure heures min minute minutes km kilometre kilometres euros e".split()
)
"""What makes the number before it no number of a département and no arrondissement."""

GIVEN: Final = frozenset(
    "adam adrien agnes alain albert alexandra alexandre alexis alice aline amandine amelie amina andre anais anne "
    "annie anthony antoine arnaud arthur audrey aurelie axel aya baptiste beatrice benjamin benoit bernard bertrand "
    "brigitte bruno camille carole caroline catherine cecile celine charles charlotte chloe christelle christian "
    "christine christophe claire claude claudine clement corinne cyril damien daniel david delphine denis didier "
    "dominique edouard elena eleonore elise elodie eloise emilie emma emmanuel emmanuelle eric erwan estelle "
    "etienne eva fabien fabienne fabrice fatima florence florent florian franck francois francoise frederic gabriel "
    "gael genevieve georges gerard gilles gregory guillaume guy hassan helene henri herve hugo ibrahim ines "
    "isabelle jacques jean jeanne jerome joel jose josephine julie julien juliette karim karine kevin laetitia "
    "laura laure laurence laurent lea leila leo linh lionel louis louise lucas lucie lucien ludovic luc magali "
    "malik manon marc marcel margaux marie marine marion martine mathieu mathilde matthieu maurice maxime melanie "
    "michel michele mickael mireille mohamed monique morgane muriel myriam nadia nadine nathalie nicolas nicole "
    "noemie olivier oceane pascal pascale patrice patricia patrick paul paulo pauline philippe pierre quentin "
    "rachid raphael raymond regine remi renaud rene robert robin romain roger roland rose sabine sabrina samir "
    "samuel sandra sandrine sarah sebastien serge severine simon simone solene sonia sophie stephane stephanie "
    "suzanne sylvain sylvie tanguy theo thibault thierry thomas valentin valerie vanessa veronique victor vincent "
    "virginie viviane xavier yann yannick yasmine youssef yves yvette zoe".split()
)
"""First names in use: never one typo away from something else."""

FAMILY: Final = frozenset(
    "adam albert andre arnaud aubert aubry bailly barbier baron barre benali benard benoit berger bernard bertin "
    "bertrand besson blanc blanchard bonnet boucher bouchet boulanger bourgeois bouvier boyer breton brun brunet "
    "carlier caron carpentier carre charpentier charvet chauvin chevalier clement colin collet collin cordier cousin "
    "da david delaunay denis deschamps dubois dufour dumas dumont dupont dupuis dupuy durand duval etienne fabre "
    "faure fernandez fleury fontaine fournier francois gaillard garcia garnier gauthier gautier gay gerard germain "
    "gilbert gillet girard giraud grondin guerin guichard guillaume guillot guyot haddad hamon henry herve hoarau "
    "hubert huet humbert jacob jacquet joly klein kouassi lacroix lambert lamy langlois laporte laurent leblanc "
    "lebrun leclerc leclercq lecomte lefebvre lefevre leger legrand lejeune lemaire lemaitre lemoine leroux leroy "
    "leveque lopez lucas maillard mallet marchal marchand marechal marin martel martin martinez marty masson mathieu "
    "medina menard mercier meunier meyer michaud michel millet monnier moreau morel morin moulin muller nguyen "
    "nicolas noel olivier parent pasquier payet pelletier perez perret perrier perrin perrot petit philippe picard "
    "pichon poirier poncet poulain prevost remy renard renaud renault rey reynaud richard riviere robert robin roche "
    "rodriguez roger rolland romain rousseau roussel rousset roux roy royer sanchez santos schmitt schneider silva "
    "simon tessier thomas vasseur vial vidal vincent weber".split()
)
"""Family names in use, some of them also a commune, a language or nearly a criterion."""

NAMES: Final = GIVEN | FAMILY
