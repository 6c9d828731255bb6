// The voices of a demo call, in step with the page: what is shown can be judged against what is said. Heard from the
// start where the browser lets a page be loud, else at the press of the button; silent while the call is paused.
import { Volume2, VolumeX } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { api } from "../connection/api";
import { correction } from "../session/in-step";

interface Props {
  demo: string; // its name
  mediaMs: number; // the call's clock now
  running: boolean; // the call goes on and its clock is heard of
  quiet: boolean; // paused: nobody listens
}

export function Sound({ demo, mediaMs, running, quiet }: Props): React.JSX.Element {
  const audio = useRef<HTMLAudioElement>(null);
  const [on, setOn] = useState(true);
  const [source, setSource] = useState<string>();
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let url: string | undefined;
    let left = false;
    api.demoAudio(demo).then(
      (blob) => {
        if (left) return;
        url = URL.createObjectURL(blob);
        setSource(url);
      },
      (error: Error) => setProblem(`No sound: ${error.message}`),
    );
    return () => {
      left = true;
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [demo]);
  useEffect(() => {
    const element = audio.current;
    if (!element || source === undefined) return;
    if (!running || !on) return element.pause();
    const { seekTo, rate } = correction(element.currentTime * 1000, mediaMs);
    if (seekTo !== undefined) element.currentTime = seekTo / 1000;
    if (element.playbackRate !== rate) element.playbackRate = rate;
    // A browser that wants a press first says so: off until then.
    if (element.paused && !element.ended) element.play().catch((error: Error) => error.name === "NotAllowedError" && setOn(false));
  }, [source, running, on, mediaMs]);
  return (
    <div className="sound">
      {problem ? (
        <span className="quiet">{problem}</span>
      ) : (
        <button aria-pressed={on} disabled={source === undefined} onClick={() => setOn(!on)}>
          {on ? <Volume2 size={16} aria-hidden /> : <VolumeX size={16} aria-hidden />} Sound {on ? (quiet ? "silent in the pause" : "on") : "off"}
        </button>
      )}
      {source !== undefined && <audio ref={audio} src={source} muted={quiet} data-testid="audio" />}
    </div>
  );
}
