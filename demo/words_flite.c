/* Speaks text with one of flite's voices and prints when each word was said: flite's own command prints no word times.
   Usage: words_flite rms|awb OUT.wav TEXT   ->  one line a word: START END WORD (seconds) */
#include <flite/flite.h>
#include <stdio.h>
#include <string.h>

cst_voice *register_cmu_us_awb(const char *folder);
cst_voice *register_cmu_us_rms(const char *folder);

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  flite_init();
  cst_voice *voice = strcmp(argv[1], "awb") == 0 ? register_cmu_us_awb(NULL) : register_cmu_us_rms(NULL);
  cst_utterance *utterance = flite_synth_text(argv[3], voice);
  if (!utterance || cst_wave_save_riff(utt_wave(utterance), argv[2]) != 0) return 1;
  for (cst_item *word = relation_head(utt_relation(utterance, "Word")); word; word = item_next(word)) {
    printf("%.3f %.3f %s\n", ffeature_float(word, "R:SylStructure.daughter1.daughter1.R:Segment.p.end"),
           ffeature_float(word, "R:SylStructure.daughtern.daughtern.R:Segment.end"), item_name(word));
  }
  return 0;
}
