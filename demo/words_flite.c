/* Speaks text with flite's voice "awb" and prints when each word was said: flite's own command prints no word times.
   Usage: words_flite OUT.wav TEXT   ->  one line a word: START END WORD (seconds) */
#include <flite/flite.h>
#include <stdio.h>

cst_voice *register_cmu_us_awb(const char *folder);

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  flite_init();
  cst_voice *voice = register_cmu_us_awb(NULL);
  cst_utterance *utterance = flite_synth_text(argv[2], voice);
  if (!utterance || cst_wave_save_riff(utt_wave(utterance), argv[1]) != 0) return 1;
  for (cst_item *word = relation_head(utt_relation(utterance, "Word")); word; word = item_next(word)) {
    printf("%.3f %.3f %s\n", ffeature_float(word, "R:SylStructure.daughter1.daughter1.R:Segment.p.end"),
           ffeature_float(word, "R:SylStructure.daughtern.daughtern.R:Segment.end"), item_name(word));
  }
  return 0;
}
