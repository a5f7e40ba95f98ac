// What a client library might declare for one job.
export interface Job {
  id: string;
  configuration: Configuration;
  document_input_type: 'file_id' | 'parse_job_id' | 'url';
  file_input: string;
  project_id: string;
  status: 'CANCELLED' | 'COMPLETED' | 'FAILED' | 'PENDING' | 'RUNNING';
  user_id: string;
  configuration_id?: string | null;
  created_at?: string | null;
  error_message?: string | null;
  parse_job_id?: string | null;
  result?: Result | null;
  transaction_id?: string | null;
  updated_at?: string | null;
}

export interface Configuration {
  rules: Array<Configuration.Rule>;
  mode?: 'FAST';
}

export declare namespace Configuration {
  interface Rule {
    description: string;
    type: string;
  }
}

export interface Result {
  confidence: number;
  reasoning: string;
  type?: string | null;
}
