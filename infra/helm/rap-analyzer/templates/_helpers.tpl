{{/* The name of the release's objects. */}}
{{- define "rap-analyzer.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What tells the pods of a component from all others: dict "root" $ "component" "api". */}}
{{- define "rap-analyzer.selector" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "rap-analyzer.labels" -}}
{{ include "rap-analyzer.selector" . }}
app.kubernetes.io/part-of: rap-analyzer
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace and labels of an object: dict "root" $ "component" "api" "suffix" "-headless". */}}
{{- define "rap-analyzer.metadata" -}}
name: {{ include "rap-analyzer.fullname" .root }}-{{ .component }}{{ .suffix }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "rap-analyzer.labels" . | nindent 2 }}
{{- end -}}

{{- define "rap-analyzer.image" -}}
{{- with .Values.image -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ with .digest }}@{{ . }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "rap-analyzer.secretName" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" (include "rap-analyzer.fullname" .)) }}
{{- end -}}

{{- define "rap-analyzer.pullSecrets" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* What no container of ours needs, it is not given. */}}
{{- define "rap-analyzer.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Of a pod; the argument is its user. */}}
{{- define "rap-analyzer.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What the world may ask for: neither the probes nor /metrics. */}}
{{- define "rap-analyzer.paths" -}}
["/graphql", "/graphiql", "/auth", "/ingest"]
{{- end -}}

{{- define "rap-analyzer.databaseHost" -}}
{{ include "rap-analyzer.fullname" . }}-postgres{{ if eq .Values.postgres.mode "cnpg" }}-rw{{ end }}
{{- end -}}
