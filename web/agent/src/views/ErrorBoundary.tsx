// A view that fails costs itself: the others stay, and it can be tried again.
import { Component, type ErrorInfo, type ReactNode } from "react";

interface Props {
  of: string; // what cannot be shown: "The checklist"
  children: ReactNode;
}

export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.warn(`${this.props.of} cannot be shown:`, error, info.componentStack);
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div role="alert" className="note warn broken" data-testid="broken">
        <p>{this.props.of} cannot be shown.</p>
        <button onClick={() => this.setState({ failed: false })}>Try again</button>
      </div>
    );
  }
}
