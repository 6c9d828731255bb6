// Names of people in written words. Evidence is added up: what is said before and behind, a common first name or
// surname, an initial, and against it what is no name. The lists were written for Sotto by hand.
#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "language/entities/orthography.h"

namespace sotto::language {
namespace {

using Set = std::unordered_set<std::string_view>;

Set words_of(std::string_view text) {
  Set out;
  while (!text.empty()) {
    auto const end = std::min(text.find(' '), text.size());
    if (end > 0) out.insert(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

Set const first_names = words_of(
    "james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony donald "
    "steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary nicholas "
    "eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick jack "
    "dennis jerry tyler aaron jose adam henry nathan douglas zachary peter kyle walter ethan jeremy harold keith "
    "christian roger noah gerald carl terry sean austin arthur lawrence jesse dylan bryan joe jordan billy bruce "
    "albert "
    "willie gabriel logan alan juan wayne roy ralph randy eugene vincent russell louis philip bobby johnny bradley "
    "mary "
    "patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra ashley "
    "kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia "
    "kathleen "
    "amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet "
    "catherine maria heather diane ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith "
    "megan andrea cheryl hannah jacqueline martha gloria teresa ann sara madison frances kathryn janice jean abigail "
    "alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella theresa diana natalie brittany "
    "charlotte marie kayla alexis lori bill bob jim tom mike steve dave dan chris matt tony nick ben sam greg alex max "
    "leo oliver oscar harry charlie freddie alfie archie theo simon martin ian neil graham stuart colin gordon derek "
    "trevor nigel geoffrey clive fiona gillian hazel heidi ingrid irene jane jenny jill joanna josephine kate lucy "
    "lydia mia molly naomi nina nora paula penelope phoebe rosa rose ruby sally sophie stella sylvia tara tina vanessa "
    "vera vivian wendy yvonne zoe ada agnes alma amelia anita annie ava bella carmen chloe clara claire daisy eleanor "
    "elena ella ellen elsa erika eva faith florence freya gemma georgia hilda ida iris isabel ivy jade karin katja "
    "kirsten lara lena lily lina louise maya mette miriam monika nadia olga petra renate sabine silvia simone sofia "
    "sonja svetlana tatiana ulrike ursula valentina veronika vivien yasmin fatima aisha leila mohamed mohammed "
    "muhammad "
    "ahmed ali omar hassan hussein ibrahim yusuf khalid amir karim rashid abdul tariq bilal hamza ravi raj amit sanjay "
    "vijay anil sunil rahul rohit priya anjali deepa kavita neha pooja sunita arjun krishna wei ming li mei yan jun "
    "hiroshi kenji takashi yuki akira naoko keiko satoshi haruto min-jun carlos luis miguel jorge pedro diego "
    "alejandro "
    "fernando javier rafael sergio manuel antonio francisco pablo ricardo eduardo roberto ramon ana lucia isabela "
    "beatriz mariana juliana camila gabriela daniela carla joao paulo tiago rui nuno marco luca matteo giovanni "
    "giuseppe "
    "francesco andrea alessandro lorenzo stefano paolo roberta chiara giulia francesca federica elisa pierre michel "
    "jacques philippe francois laurent nicolas julien olivier christophe sylvie nathalie isabelle celine camille hans "
    "klaus jurgen wolfgang dieter uwe stefan andreas matthias mathias tobias sebastian florian lukas jonas felix lars "
    "sven nils bjorn erik magnus anders henrik mikkel rasmus soren jens niels per ole johan johannes mats fredrik "
    "gustav oskar mikko matti juha kari antti timo pekka jan piotr pawel tomasz marek krzysztof andrzej jakub adam "
    "katarzyna agnieszka malgorzata joanna ewa zofia jiri petr pavel tomas martin milan josef marek jana eva lenka "
    "ivan dmitri sergei alexei nikolai vladimir boris igor oleg yuri mikhail anastasia natalia irina marina yelena "
    "laszlo istvan gabor attila zoltan ferenc sandor andras balazs katalin ildiko zsuzsanna maja marko luka nikola "
    "ante josip matej janez andrej miha bojan stavros nikos yannis kostas giorgos dimitris eleni katerina sofie emil "
    "freja mathilde astrid sigrid liv kjell leif einar ragnar gunnar arne astrid bridget brendan liam conor declan "
    "niamh siobhan aoife sinead ciaran eoin rory callum hamish angus ewan isla kirsty morag gareth rhys dylan owen "
    "megan sian bryn tosh kwame kofi amara chidi ngozi emeka oluwaseun thabo sipho nelson desmond dwayne jamal tyrone "
    "latoya ebony destiny jasmine crystal tiffany courtney kelsey chelsea paige brooke taylor morgan casey jamie robin "
    "marcus derrick darnell curtis melvin clifford lester norman leonard francis stanley herbert frederick alfred "
    "ernest "
    "theodore clarence leroy marvin glenn cameron hunter connor evan luke isaac caleb mason lucas elijah aiden jayden "
    "todd craig dale chad brett kurt wade clint dean shane troy shawn derek joel marvin ross seth travis corey phil "
    "rick ron ray ted ken don jeff tim greg rob pete andy vince gus max floyd hector felix clyde cody dustin drew "
    "dexter edgar edwin elmer erwin gilbert gladys grant ira irving ivan jared jermaine jerome johnnie julius karl "
    "kirk "
    "kristopher lance lee leon leslie lloyd lonnie luther lyle mack malcolm manny mario mathew maurice max milton "
    "mitchell "
    "mohammad morris myron nathaniel neal nelson orlando otis otto percy perry preston quentin quinn ralf rex rodney "
    "roland roman ruben rudi rudolf rufus salvador sammy sheldon sherman sidney spencer stewart stuart sylvester "
    "terence "
    "terrence terri toby tomas tommy tony tracy trent ulysses vernon victor wallace warren wesley wilbur willard "
    "winston woodrow zack adele adrienne aileen alexandra alicia alison allison alyssa angelica angelina anne antonia "
    "april ariel audrey autumn becky belinda bernadette bernice bertha bessie beth bethany bianca bonnie brandi "
    "candace "
    "carla carole caroline carrie cassandra cecilia celia charlene claudia colleen connie constance cora corinne dana "
    "darlene dawn deanna debbie delia della denise desiree dolores dominique dora doreen edith edna eileen elaine "
    "eleonora elise eloise elsie emilia erica erin ernestine esther ethel eunice evangeline felicia flora frankie gail "
    "geneva genevieve geraldine gertrude gina ginger gwen gwendolyn harriet hilary holly hope ida imogen ines inez "
    "irma "
    "jan jana jeanette jeanne jeannie jenna jennie jessie jo joann joanne jodi johanna johnnie josie joy juana juanita "
    "julianne june justine kara karina karla kathy katie katrina kay kerry kim kirsten krista kristen kristin kristina "
    "kristine kristy lana latisha laurie leah leona leslie lillian lola lora loretta lorraine lucille luisa lynette "
    "lynn "
    "mabel mae magdalena maggie marcella marcia margarita margie marguerite marianne marina marjorie marlene marsha "
    "maureen maxine melanie melinda mercedes mildred mindy minnie miranda misty monica muriel myra myrtle nadine nancy "
    "nellie nettie nikki nora norma olive opal pam patsy patti patty paulette pauline pearl peggy penny phyllis "
    "rachael "
    "ramona raquel regina renee rhonda rita roberta rochelle rosalie rosemary rosie roxanne sabrina sadie sasha selma "
    "shannon shari sheila shelby shelia shelley sherri sherry sonia stacey stacy sue susanne suzanne sybil tabitha "
    "tamara "
    "tammy tanya tasha teri terry thelma toni traci tricia trudy velma verna veronica vicki vicky viola violet wanda "
    "whitney wilma winifred yolanda alma alina aleksandra anton arjen bas bart bram daan jeroen joost kees maarten "
    "pieter ruud sander sem thijs wouter anke anneke femke marieke sanne saskia antje elke frauke greta hanna hanne "
    "helga ilse inge jutta kai karsten katrin kerstin lothar manfred markus norbert rainer rolf silke susanne sigrun "
    "thorsten udo ursel werner wilhelm aino anneli eero eeva esa hannu heikki ilkka jari jukka kaisa katri lauri leena "
    "liisa marja merja mikael outi paavo pekka pirjo reijo riitta sami sari satu seppo tapio teemu tuomas tuula ville "
    "birgit bodil dorthe hanne helle inger jesper karsten kirsten lone merete morten nikolaj ove pia poul rikke søren "
    "signe stine susanne tina torben ulla anja camilla cecilie eirik espen geir gro halvard haakon hilde ingvild "
    "jorunn "
    "kristian marit nina odd oddvar pål ragnhild rune sindre siri sissel solveig stein terje tor torbjorn trond vidar "
    "agneta annika berit bengt birgitta bo britt christer goran gunilla hakan hampus ingmar joakim kerstin lennart "
    "linnea malin margareta mikael niklas ola orjan pernilla roland rolf sture sune tove ulf viktor alfonso alvaro "
    "amparo angeles begona consuelo cristina dolores emilio enrique esteban eva felipe gonzalo guillermo ignacio ines "
    "jaime joaquin julio lola lorena marcos marta miriam montserrat nuria pilar raul rocio rodrigo rosario salvador "
    "santiago teresa vicente yolanda aldo bruno caterina claudio cristiano dario domenico donatella enrico enzo fabio "
    "federico filippo gianluca gino giorgio ilaria ivana leonardo luigi marcello mario massimo mauro michele nicola "
    "nunzia ornella patrizia pietro renato riccardo rocco sara serena simona tommaso umberto valeria vincenzo vittorio "
    "alain andre antoine arnaud bernadette bernard brigitte chantal claude corinne daniel denis didier dominique "
    "edouard elodie etienne fabrice florent gaston gerard gilles guillaume henri herve hugues jerome jocelyne leon luc "
    "lucien manon marcel marc mathieu maxime monique odile pascal raoul regis rene romain sebastien serge solange "
    "thierry valerie veronique yves yvette aleksander bartosz beata bozena dorota elzbieta grzegorz halina henryk "
    "jacek "
    "janusz jerzy jolanta kamil karol lech leszek lukasz maciej magda marcin mariusz michal mieczyslaw ryszard "
    "slawomir stanislaw urszula waldemar wieslaw wojciech zbigniew bohumil dagmar frantisek hana jarmila jaroslav "
    "jitka "
    "karel ladislav libuse ludmila michaela milos miroslav pavla radek stanislav tereza vaclav vera vlasta zdenek");

Set const surnames = words_of(
    "smith johnson williams brown jones garcia miller davis rodriguez martinez hernandez lopez gonzalez wilson "
    "anderson "
    "thomas taylor moore jackson martin lee perez thompson white harris sanchez clark ramirez lewis robinson walker "
    "young allen king wright scott torres nguyen hill flores green adams nelson baker hall rivera campbell mitchell "
    "carter roberts gomez phillips evans turner diaz parker cruz edwards collins reyes stewart morris morales murphy "
    "cook rogers gutierrez ortiz morgan cooper peterson bailey reed kelly howard ramos kim cox ward richardson watson "
    "brooks chavez wood james bennett gray mendoza ruiz hughes price alvarez castillo sanders patel myers long ross "
    "foster jimenez powell jenkins perry russell sullivan bell coleman butler henderson barnes fisher vasquez simmons "
    "romero jordan patterson alexander hamilton graham reynolds griffin wallace moreno west cole hayes bryant herrera "
    "gibson ellis tran medina aguilar stevens murray ford castro marshall owens harrison fernandez mcdonald woods "
    "washington kennedy wells vargas henry chen freeman webb tucker guzman burns crawford olson simpson porter hunter "
    "gordon mendez silva shaw snyder mason dixon munoz hunt hicks holmes palmer wagner black robertson boyd stone "
    "salazar fox warren mills meyer rice schmidt garza daniels ferguson nichols stephens soto weaver ryan gardner "
    "payne "
    "grant dunn kelley spencer hawkins arnold pierce hansen peters santos hart bradley knight elliott cunningham "
    "duncan "
    "armstrong hudson carroll lane riley andrews alvarado ray delgado berry perkins hoffman johnston matthews pena "
    "richards contreras willis carpenter lawrence sandoval guerrero george chapman rios estrada ortega watkins greene "
    "nunez wheeler valdez harper burke larson santiago maldonado morrison franklin carlson austin dominguez carr "
    "lawson "
    "jacobs obrien lynch singh vega bishop montgomery oliver jensen harvey williamson gilbert dean sims espinoza "
    "howell "
    "li wong reid hanson le mccoy garrett burton fuller wang weber welch rojas lucas marquez fields park yang little "
    "banks padilla day walsh bowman schultz luna fowler mejia khan ahmed hussain ali shah kumar sharma gupta singh das "
    "muller schneider fischer becker schulz koch richter klein wolf schroder neumann schwarz zimmermann braun kruger "
    "hofmann hartmann lange werner krause nielsen andersen pedersen christensen larsen sorensen rasmussen petersen "
    "madsen kristensen olsen hansen johansen karlsen johansson andersson karlsson nilsson eriksson svensson persson "
    "gustafsson virtanen korhonen makinen nieminen rossi russo ferrari esposito bianchi romano colombo ricci marino "
    "greco bruno gallo conti costa mancini dubois durand leroy moreau simon laurent lefebvre michel bertrand roux "
    "silva santos ferreira pereira oliveira rodrigues almeida ribeiro carvalho novak svoboda novotny dvorak kowalski "
    "nowak wisniewski kaminski lewandowski ivanov petrov sidorov popov horvat kovac nagy toth szabo molnar farkas "
    "papadopoulos tanaka suzuki sato watanabe takahashi yamamoto nakamura kobayashi ito zhang liu zhao huang wu zhou");

// Ordinary words that are written with a capital somewhere, and what is called something but is nobody.
Set const never = words_of(
    "enjoy visit contact press choose remember believe follow carry write answer listen book bring "
    "i i'm i'd i've i'll a an the this that these those my your his her its our their he she it we you they who what "
    "when where why how which is are was were be been do does did have has had can could will would should may might "
    "must shall and or but so if then because as at by for from in into of on off to up with without about after "
    "before "
    "between during over under through not no yes yeah yep nope ok okay oh hi hello hey dear good great fine well "
    "right "
    "sure sorry thanks thank please morning afternoon evening night today tomorrow yesterday now just only also too "
    "very "
    "really still again here there everyone someone somebody nobody everybody anyone all any some none both each every "
    "many much more most other another such same one two three four five six seven eight nine ten first second third "
    "next last new old let's let got get go going come coming call calling called calls need want like know think see "
    "look looking tell ask send sent make made take give keep put pay paid help meet show find use try work change "
    "cancel update check add remove open close start stop wait hold speak talk said says say bot user agent customer "
    "sir madam ma'am mr mrs ms miss dr prof name names address billing shipping email e-mail phone mobile fax desk tel "
    "website date time number order account card credit debit bank visa mastercard amex iban ssn pin cvv street st "
    "road "
    "rd avenue ave lane drive court suite apt apartment unit box po psc apo fpo dpo floor city state country zip "
    "postcode monday tuesday wednesday thursday friday saturday sunday january february march april june july august "
    "september october november december spring summer autumn winter christmas easter english american british french "
    "german spanish italian russian chinese japanese indian polish czech dutch swedish norwegian danish finnish "
    "hungarian scottish irish welsh canadian australian mexican brazilian portuguese greek turkish croatian slovenian "
    "serbian african asian european europe asia africa america england scotland wales ireland britain uk usa us france "
    "germany spain italy russia china japan india poland netherlands sweden norway denmark finland iceland hungary "
    "austria switzerland belgium portugal greece turkey cyprus croatia slovenia serbia estonia latvia lithuania "
    "ukraine "
    "canada australia mexico brazil argentina uruguay chile peru colombia zealand greenland greenlander tunisia "
    "morocco "
    "egypt nigeria kenya israel iran iraq pakistan bangladesh vietnam thailand korea singapore malaysia indonesia "
    "philippines states united kingdom south north east west upper lower republic london paris berlin amsterdam "
    "inc ltd llc plc gmbh corp corporation company group technologies technology systems solutions services bank "
    "insurance associates partners holdings global international university college school institute act rights civil "
    "orchestra force border federal national government congress senate court university title section entertainment "
    "news times post tv radio music rock pop song songs album band film movie "
    "kids family "
    "directed maybe sometimes not here's there's what's it's that's who's how's c'mon don't "
    "didn't can't won't isn't i personal info attn re fwd subject regards sincerely best cheers from ceo cfo cto vp hr "
    "producer songwriter commenter singer author president manager colleague founder founders director "
    ""
    "incorporated data resources labor studio studios network networks labs media capital care investments "
    "ventures energy health foods store shop park bridge club country "
    "project internet google facebook amazon apple microsoft netflix iphone android windows paypal ebay uber twitter");
Set const first_then_place = {"in", "near", "around", "across", "through", "toward", "towards", "university", "city"};
Set const cue_before = {"mr",        "mrs",        "ms",      "miss",      "dr",     "prof",      "professor",
                        "sir",       "hi",         "hello",   "dear",      "hey",    "name",      "names",
                        "named",     "called",     "call",    "i'm",       "wife",   "husband",   "son",
                        "daughter",  "kid",        "partner", "says",      "said",   "starring",  "features",
                        "producer",  "songwriter", "player",  "commenter", "by",     "with",      "between",
                        "guardian",  "guy",        "brother", "sister",    "mother", "father",    "friend",
                        "colleague", "manager",    "add",     "account",   "him",    "everyone",  "under",
                        "tribute",   "early",      "author",  "singer",    "actor",  "president", "meet"};
Set const speaks = {"speaking", "says", "said",      "speak",  "lives", "lived", "shouted", "spent", "began",  "wrote",
                    "asked",    "told", "explained", "listed", "flew",  "sings", "thinks",  "wants", "married"};
Set const cue_behind = {"speaking", "says",    "said",  "speak", "lives", "lived", "shouted", "spent",   "began",
                        "wrote",    "had",     "was",   "has",   "is",    "asked", "told",    "called",  "explained",
                        "points",   "listed",  "will",  "flew",  "sings", "and",   "just",    "employs", "as",
                        "concert",  "version", "novel", "fan",   "of",    "from",  "whose",   "who"};
Set const particles = {"de",  "da",  "dos", "do", "del", "della", "di",  "van", "von", "der",
                       "den", "bin", "al",  "el", "la",  "le",    "ter", "ten", "du"};

struct Judge {
  std::vector<Written> const& words;
  std::vector<bool> const& taken;

  bool initial(std::size_t i) const {
    return words[i].letters && words[i].bare.size() == 1 && words[i].bare[0] >= 'A' && words[i].bare[0] <= 'Z' &&
           (words[i].bare != "I" || words[i].dotted);
  }
  bool part(std::size_t i) const {
    return i < words.size() && !taken[i] && words[i].letters && words[i].capital && words[i].bare.size() > 1 &&
           !never.contains(words[i].folded);
  }
  bool begins_sentence(std::size_t i) const { return i == 0 || words[i - 1].full_stop || words[i].opens; }

  std::size_t end_of(std::size_t first) const {
    auto i = first + 1;
    while (i < words.size() && i < first + 5 && !words[i - 1].ends) {
      if (part(i) || (initial(i) && !taken[i])) ++i;
      else if (particles.contains(words[i].folded) && part(i + 1) && !words[i].ends) i += 2;
      else break;
    }
    return i;
  }

  int before(std::size_t first) const {
    if (first == 0) return 0;
    auto const& word = words[first - 1];
    auto const& one = word.folded;
    bool const title = one == "mr" || one == "mrs" || one == "ms" || one == "miss" || one == "dr" || one == "prof";
    if (title) return 4;
    if (one == "name" || one == "surname") return 3;
    if (one == "me" && first > 1 && (words[first - 2].folded == "call" || words[first - 2].folded == "calls")) return 3;
    if (word.full_stop && !word.line) return 0;
    if (one == "is" && first > 1 && (words[first - 2].folded == "this" || words[first - 2].folded.starts_with("name")))
      return 4;
    if (cue_before.contains(one)) return one == "by" || one == "with" || one == "meet" ? 1 : 2;
    if (first_then_place.contains(one)) return -3;
    if (one == "at" || one == "to" || one == "from" || one == "of" || one == "on") return -2;
    return 0;
  }

  int behind(std::size_t end) const {
    auto const& last = words[end - 1];
    if (last.possessive) return 1;
    if (end >= words.size() || last.full_stop) return 0;
    if (words[end].letters && never.contains(words[end].folded) && words[end].capital && !last.ends) return -2;
    if (last.ends) return 0;
    if (speaks.contains(words[end].folded)) return 2;
    return cue_behind.contains(words[end].folded) ? 1 : 0;
  }

  // Without capitals only what is both a first name and a surname.
  bool lower_pair(std::size_t i) const {
    static Set const words_too = {
        "bill",  "rose",    "grace", "mark",  "will", "faith", "ivy",   "may",   "amber", "april",  "ruby", "daisy",
        "joy",   "crystal", "hope",  "june",  "don",  "ray",   "grant", "dawn",  "pearl", "autumn", "rich", "dean",
        "max",   "jo",      "drew",  "lance", "wade", "rob",   "ming",  "penny", "olive", "bo",     "odd",  "per",
        "holly", "ginger",  "art",   "opal",  "ken",  "gus",   "ali",   "sue",   "pat",   "an"};
    return i + 1 < words.size() && !taken[i] && !taken[i + 1] && !words[i].ends &&
           first_names.contains(words[i].folded) && !words_too.contains(words[i].folded) &&
           surnames.contains(words[i + 1].folded);
  }

  int score(std::size_t first, std::size_t end) const {
    auto const n = end - first;
    int out = before(first) + behind(end);
    bool const known_first = first_names.contains(words[first].folded);
    bool const known_last = surnames.contains(words[end - 1].folded);
    if (known_first) out += 2;
    if (known_last && (n > 1 || !begins_sentence(first))) out += n > 1 ? 2 : 1;
    for (auto i = first + 1; i + 1 < end; ++i) out += initial(i) ? 3 : 0;
    if (n == 2 || n == 3) out += 2 + (before(first) == -2 ? 1 : 0);
    if (n > 3) out -= 1;
    if (n == 1 && !begins_sentence(first)) out += 1;
    if (first > 0 && words[first - 1].folded == "the") out -= 2;
    return out;
  }
};

}  // namespace

std::vector<Place> written_names(std::vector<Written> const& words, std::vector<bool> const& taken) {
  Judge const judge{words, taken};
  std::vector<Place> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool const pair = judge.lower_pair(i);
    if (!pair && !judge.part(i)) continue;
    auto const end = judge.part(i) ? judge.end_of(i) : i + 2;
    if (pair || judge.score(i, end) >= 2) {
      std::string value;
      for (auto j = i; j < end; ++j) value += (value.empty() ? "" : " ") + words[j].bare;
      out.push_back({.value = value, .first = i, .last = end - 1});
    }
    i = end - 1;
  }
  return out;
}

}  // namespace sotto::language
