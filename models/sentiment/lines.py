"""Lines of customer service made from frames, for training: what is praised or blamed, and how people put it. None of them
stands in service_lines.tsv, which is kept for judging (train.py checks it)."""
import itertools
import random

THINGS = ["the technician", "your colleague", "the app", "the website", "the new router", "the service", "the delivery", "the connection",
          "the hotel", "the flight", "the crew", "the phone", "the branch", "the advice I got", "the repair", "the support", "the booking", "the contract",
          "the card", "the chat", "the whole process", "the price", "the quality", "the installation", "the refund", "the letter", "the hotline"]
GOOD = ["great", "very good", "excellent", "really friendly", "quick", "perfect", "so helpful", "better than expected", "fantastic", "spot on", "very pleasant",
        "easy", "reliable", "wonderful", "fair", "first class", "outstanding"]
BAD = ["terrible", "useless", "awful", "very slow", "a disgrace", "a joke", "really bad", "so unfriendly", "a waste of time", "worse than expected",
       "poor", "broken again", "far too expensive", "unreliable", "horrible", "a disaster", "careless", "appalling"]
FRAMES = ["{t} was {a}", "{t} is {a}", "honestly {t} was {a}", "I think {t} is {a}", "I have to say {t} was {a}", "{t} has been {a} from the start", "we found {t} {a}"]
CALM_BAD = ["I had hoped for a better answer", "I am a little let down by {t}", "{t} is not what I was told", "I am not satisfied with {t}", "{t} does not work",
            "{t} still does not work", "I am not pleased about {t}", "{t} was not good", "{t} is not helpful at all", "I do not like {t}", "{t} let me down",
            "nobody told me about {t}", "I had to wait for ages because of {t}", "something is always wrong with {t}", "{t} failed twice this week",
            "I am unhappy with {t}", "{t} caused me a lot of trouble", "I paid for {t} and got nothing", "I want my money back for {t}", "{t} never came",
            "I will complain about {t}", "I am annoyed about {t}", "I am losing patience with {t}", "it is sad how {t} has changed", "if {t} stays like this I will leave",
            "excuse me but {t} is simply wrong", "I have asked about {t} three times now", "you broke your promise about {t}", "{t} makes me furious",
            "well {t} is a fine mess", "lovely, {t} is down again", "I am disappointed by {t}", "{t} did not help me one bit", "who is responsible for {t}, this cannot be"]
CALM_GOOD = ["I am happy with {t}", "I have nothing bad to say about {t}", "{t} was not bad", "I really like {t}", "{t} works very well", "thanks for {t}, that helped a lot",
             "I appreciate {t}", "{t} exceeded my expectations", "I am glad about {t}", "{t} made things easier", "no complaints about {t}", "I enjoyed {t}",
             "{t} could hardly be better", "thank you, {t} is sorted", "many thanks for {t}", "I was pleasantly surprised by {t}", "{t} is working again, thank you",
             "I would choose {t} again", "you did well with {t}", "what a lovely experience with {t}", "{t} saved me a lot of time", "{t} is a big improvement",
             "that is kind, {t} was a real help", "I feel looked after, {t} was good", "good news about {t}, thank you"]
PLAIN = ["I have a question about {t}", "could you tell me more about {t}", "I am calling about {t}", "when can I expect {t}", "can you check {t} for me please",
         "where do I find {t}", "how much is {t}", "I would like to change {t}", "please send me the details of {t}", "is {t} still available", "who do I ask about {t}",
         "I got {t} last week", "{t} was on Tuesday", "I am using {t} at the moment", "my friend told me about {t}", "what do I need for {t}", "{t} starts in May",
         "let me look at {t}", "I have not seen {t} yet", "I need {t} for my office", "can I pay for {t} by card", "yes I mean {t}", "I would like to cancel {t} please",
         "the number of {t} is on the back", "does {t} include insurance"]


def lines(seed):
    """[(text, class)] with class 0 negative, 1 neutral, 2 positive."""
    draw = random.Random(seed)
    out = [(frame.format(t=t, a=a), 2) for frame, t, a in itertools.product(FRAMES, THINGS, GOOD)]
    bad = [(frame.format(t=t, a=a), 0) for frame, t, a in itertools.product(FRAMES, THINGS, BAD)]
    # Negation turns both.
    turned = [(f"{t} was not {a}", 0) for t, a in itertools.product(THINGS, ["great", "very good", "friendly", "quick", "helpful", "reliable", "fair"])]
    turned += [(f"{t} was not {a}", 2) for t, a in itertools.product(THINGS, ["bad", "slow", "a problem", "too expensive", "difficult"])]
    out = draw.sample(out, 500) + draw.sample(bad, 500) + draw.sample(turned, 200)
    for frames, label in ((CALM_BAD, 0), (CALM_GOOD, 2), (PLAIN, 1)):
        every = [(frame.format(t=t), label) for frame, t in itertools.product(frames, THINGS)]
        out += draw.sample(every, 500)
    return out
